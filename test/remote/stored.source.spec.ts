import { setImmediate as turn } from 'node:timers/promises';
import { ConfigOptionsError, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { type ConfigStore, stored, type StoredOptions } from 'nestjs-hot-config/remote';
import { memoryStore, type MemoryStore } from 'nestjs-hot-config/stores/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { booted, runtimeOf, type Bench } from '../reload/support/runtime.js';
import { useFakeClock } from '../support/fake-clock.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** A store with a key `app.yaml`, and an app that reads it. */
async function appWith(
  text: string,
  options: StoredOptions = {},
  moduleOptions: HotConfigModuleOptions = {},
): Promise<Bench & { readonly store: MemoryStore; readonly local: MemorySource }> {
  const store = memoryStore();
  await store.put('app.yaml', text);
  const local = new MemorySource({ n: 1 });
  const bench = await booted([local, stored(store, 'app.yaml', options)], moduleOptions);
  await bench.runtime.start();
  return { ...bench, store, local };
}

/** Lets the clock of all durations jump. */
function useLeap(ms: number): void {
  const now = performance.now.bind(performance);
  const leap = vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  onTestFinished(() => leap.mockRestore());
}

const sourceIn = ({ runtime }: Bench) => runtime.status().sources.at(-1)!;

describe('stored()', () => {
  it('reads a key of a store by the format of its extension', async () => {
    const { value, runtime } = await appWith('model: large\nlimits: { rpm: 5 }\n');
    expect(value()).toEqual({ n: 1, model: 'large', limits: { rpm: 5 } });
    expect(runtime.explain('limits.rpm')).toMatchObject({
      origin: { file: 'memory/app.yaml', line: 2, column: 16 },
    });
  });

  it.each([
    ['app.json', '{ "a": 1 }', {}],
    ['app.toml', 'a = 1', {}],
    ['app', 'a: 1', { format: 'yaml' }],
    ['app', '{ "a": 1 }', { format: 'json' }],
  ])('reads %s', async (key, text, options) => {
    const store = memoryStore();
    await store.put(key, text);
    const { value } = await booted([stored(store, key, options)]);
    expect(value()).toEqual({ a: 1 });
  });

  it('applies a change that is put into the store, with the cause remote and its revision', async () => {
    const bench = await appWith('model: small');
    const { store, value, results } = bench;
    await store.put('app.yaml', 'model: large');
    await until('the change is applied', () => (value() as { model: string }).model === 'large');
    expect(results.at(-1)).toMatchObject({ outcome: 'applied', cause: 'remote' });
    expect(sourceIn(bench)).toMatchObject({
      name: 'memory/app.yaml',
      health: 'live',
      revision: (await store.get('app.yaml'))?.revision,
    });
  });

  it('finds a change of which no message arrives', async () => {
    const store = memoryStore();
    await store.put('app.yaml', 'model: small');
    const silent: ConfigStore = {
      name: 'silent',
      get: (key) => store.get(key),
      list: (prefix) => store.list(prefix),
      put: (key, value) => store.put(key, value),
      watch: () => ({ close: () => undefined }),
      close: () => store.close(),
    };
    const { value, runtime } = await booted([stored(silent, 'app.yaml', { interval: 40 })]);
    await runtime.start();
    await store.put('app.yaml', 'model: large');
    await until('the change is applied', () => (value() as { model: string }).model === 'large');
    expect(value()).toEqual({ model: 'large' });
  });

  it('finds other content with the revision of earlier content, as after a backup was restored', async () => {
    const { store, value } = await appWith('model: small', { interval: 40 });
    const { revision } = (await store.get('app.yaml'))!;
    store.get = async (key) => ({ key, value: 'model: restored', revision });
    await until('the change is applied', () => (value() as { model: string }).model === 'restored');
    expect(value()).toEqual({ n: 1, model: 'restored' });
  });

  it('answers the reloads of other sources from memory, also while the store is down', async () => {
    const bench = await appWith('model: small', { interval: 60_000 });
    const { store, local, runtime, value, log } = bench;
    store.get = () => new Promise(() => undefined);
    local.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2, model: 'small' });
    expect(sourceIn(bench)).toMatchObject({ health: 'live' });
    expect(log).not.toContainEqual(expect.stringContaining('memory/app.yaml'));
  });

  it('is stale while the store is down, and logs the outage and its end once each', async () => {
    const bench = await appWith('model: small', { interval: 30 });
    const { store, log, runtime, local, value } = bench;
    store.stop();
    await until('it is stale', () => sourceIn(bench).health === 'stale');
    expect(sourceIn(bench).detail).toBe('its watch failed: memory is stopped');
    const failures = sourceIn(bench).checks!.failures;
    await until('it is asked again', () => sourceIn(bench).checks!.failures > failures + 2);
    local.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2, model: 'small' });

    store.start();
    await store.put('app.yaml', 'model: large');
    await until('the change is applied', () => (value() as { model: string }).model === 'large');
    expect(sourceIn(bench).health).toBe('live');
    const about = log.filter((line) => line.includes('The watch of memory/app.yaml'));
    expect(about).toEqual([
      expect.stringContaining('The watch of memory/app.yaml failed (memory is stopped)'),
      expect.stringContaining('The watch of memory/app.yaml works again.'),
    ]);
  });

  it('keeps its last good content if the key is deleted', async () => {
    const bench = await appWith('model: small', { interval: 30 });
    await bench.store.put('app.yaml', undefined);
    await until('it is stale', () => sourceIn(bench).health === 'stale');
    expect(sourceIn(bench).detail).toContain('does not exist');
    expect(bench.value()).toEqual({ n: 1, model: 'small' });
  });

  it('stays stale while the store is down, also after a manual reload and the reload of another source', async () => {
    const bench = await appWith('model: small', { interval: 60_000 });
    const { store, local, runtime, reload, log } = bench;
    store.stop();
    await reload();
    expect(sourceIn(bench).health).toBe('stale');
    useLeap(1_100);
    local.set({ n: 2 });
    await runtime.settled();
    await until('the background load has ended', () => sourceIn(bench).health === 'stale');
    expect(log).not.toContainEqual(expect.stringContaining('can be read again'));
  });

  it('is live again after a failed manual reload, also if a plan has asked the store meanwhile', async () => {
    const bench = await appWith('model: small', { interval: 20 });
    const { store, runtime, reload } = bench;
    store.stop();
    await reload();
    store.start();
    await runtime.plan();
    await until('it is live', () => sourceIn(bench).health === 'live');
    expect(sourceIn(bench).detail).toBeUndefined();
  });

  it('is asked again after a request that hangs', async () => {
    useFakeClock();
    const bench = await appWith('model: small', { interval: 20 });
    const { store, value } = bench;
    const get = store.get.bind(store);
    let asked = 0;
    store.get = () => ((asked += 1), new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(sourceIn(bench)).toMatchObject({
      health: 'stale',
      detail: 'its watch failed: has not answered within 35000 ms',
    });
    store.get = get;
    await store.put('app.yaml', 'model: large');
    for (let step = 0; step < 60; step += 1) {
      await vi.advanceTimersByTimeAsync(1_000); // the next request hangs too
      await turn();
    }
    expect(value()).toEqual({ n: 1, model: 'large' });
    expect(asked).toBeGreaterThan(1);
  });

  it('is an empty layer if the key does not exist and need not', async () => {
    const bench = await appWith('model: small', { interval: 30, optional: true });
    await bench.store.put('app.yaml', undefined);
    await until('it is empty', () => JSON.stringify(bench.value()) === '{"n":1}');
    expect(sourceIn(bench).health).toBe('live');
  });

  it.each([
    ['a closing ] or } is missing', 'model: [', 'memory/app.yaml:1:9'],
    ['is empty', '# nothing', 'memory/app.yaml'],
    ['must have keys at its top level, but is a list', '- a', 'memory/app.yaml'],
    [
      'has the key $import, but only files can import files',
      'a: { $import: ./secret.yaml }',
      'memory/app.yaml',
    ],
    [
      'has the key $import, but only files can import files',
      'a: [1, { b: { $import: ./secret.yaml } }]',
      'memory/app.yaml',
    ],
  ])('keeps its last good content if the new one cannot be used: %s', async (problem, text, place) => {
    const bench = await appWith('model: small');
    await bench.store.put('app.yaml', text);
    const warning = () => bench.log.find((line) => line.includes('its last good content stays in force'));
    await until('the app is warned', warning);
    expect(sourceIn(bench).health).toBe('stale');
    expect(bench.value()).toEqual({ n: 1, model: 'small' });
    expect(warning()).toContain(`${place}  ${problem}`);

    await bench.store.put('app.yaml', 'model: mended');
    await until('the change is applied', () => JSON.stringify(bench.value()) === '{"n":1,"model":"mended"}');
    expect(sourceIn(bench).health).toBe('live');
  });

  it('refuses content that is longer than the limit', async () => {
    const bench = await appWith('a: 1', {}, { limits: { maxFileSize: 100 } });
    await bench.store.put('app.yaml', `a: ${'x'.repeat(100)}`);
    await until('it is stale', () => sourceIn(bench).health === 'stale');
    expect(sourceIn(bench).detail).toContain('is longer than 100 bytes (limit maxFileSize)');
  });

  it('does not follow the store after the app has closed', async () => {
    const { store, runtime } = await appWith('a: 1', { interval: 20 });
    await runtime.stop();
    let asked = 0;
    const get = store.get.bind(store);
    store.get = (key) => ((asked += 1), get(key));
    await store.put('app.yaml', 'a: 2');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(0);
  });
});

describe('A start without the store', () => {
  const downStore = () => {
    const store = memoryStore();
    store.stop();
    return store;
  };

  it('uses the content of the newest version on disk, while files are read as ever', async () => {
    const history = { dir: new TempFolder().path };
    const first = await appWith('model: good', {}, { history });
    await first.runtime.stop();
    const store = downStore();
    const source = stored(store, 'app.yaml', { interval: 30, seed: 'not-read.yaml' });
    const bench = await booted([new MemorySource({ n: 2 }), source], { history });
    expect(bench.value()).toEqual({ n: 2, model: 'good' });
    expect(sourceIn(bench)).toMatchObject({ health: 'stale', detail: 'memory is stopped' });
    expect(bench.log).toContainEqual(expect.stringMatching(/its content of version 1 on disk, .* is used/));

    await bench.runtime.start();
    store.start();
    await store.put('app.yaml', 'model: new');
    await until('it is applied', () => JSON.stringify(bench.value()) === '{"n":2,"model":"new"}');
    expect(sourceIn(bench).health).toBe('live');
    expect(bench.log.filter((line) => line.includes('can be read again'))).toHaveLength(1);
  });

  it('uses the seed if there is no version on disk', async () => {
    const folder = new TempFolder();
    folder.write('seed.yaml', 'model: seed');
    const store = downStore();
    const source = stored(store, 'app.yaml', { interval: 30, seed: `${folder.path}/seed.yaml` });
    const bench = await booted([new MemorySource({ n: 2 }), source]);
    expect(bench.value()).toEqual({ n: 2, model: 'seed' });
    expect(sourceIn(bench).health).toBe('stale');
    expect(sourceIn(bench).revision).toBe('seed');
    expect(bench.log).toContainEqual(expect.stringContaining('its seed is used'));

    await bench.runtime.start();
    store.start();
    await store.put('app.yaml', 'model: new');
    await until('it is applied', () => JSON.stringify(bench.value()) === '{"n":2,"model":"new"}');
    expect(sourceIn(bench).health).toBe('live');
  });

  it('mounts the seed where the content would be', async () => {
    const folder = new TempFolder();
    folder.write('seed.txt', 'model: seed');
    const seed = `${folder.path}/seed.txt`;
    const source = stored(downStore(), 'app', { mount: 'llm', format: 'yaml', seed });
    const { value, runtime } = await booted([source]);
    expect(value()).toEqual({ llm: { model: 'seed' } });
    expect(runtime.explain('llm.model')).toMatchObject({ origin: { file: seed, line: 1 } });
  });

  it('says what is wrong with the store and with the seed if neither can be used', async () => {
    const { runtime } = runtimeOf({
      sources: [stored(downStore(), 'app.yaml', { seed: 'no-such-seed.yaml' })],
    });
    const failure = await runtime.boot().catch((error: unknown) => String(error));
    expect(failure).toContain('memory is stopped');
    expect(failure).toContain('no-such-seed.yaml');
    expect(failure).toContain('does not exist');
  });

  it('fails if nothing says which format the content has', async () => {
    const store = memoryStore();
    await store.put('app', 'a: 1');
    const { runtime } = runtimeOf({ sources: [stored(store, 'app')] });
    await expect(runtime.boot()).rejects.toThrow('has no extension of a known format');
  });

  it('fails without a version on disk and a seed', async () => {
    const { runtime } = runtimeOf({ sources: [stored(downStore(), 'app.yaml')] });
    await expect(runtime.boot()).rejects.toThrow('memory is stopped');
  });
});

describe('The options of stored()', () => {
  it('are checked', () => {
    const store = memoryStore();
    const refused: [() => unknown, string][] = [
      [() => stored({} as never, 'a'), 'must be a store, such as redisStore({ url })'],
      [() => stored(store, ''), 'must not be empty'],
      [() => stored(store, 'a', { intervall: 5 } as never), 'did you mean "interval"?'],
      [() => stored(store, 'a', { interval: -1 }), '"interval"'],
      [() => stored(store, 'a', { interval: 0 }), 'at least 10 ms'],
      [() => stored(store, 'a', { seed: 'x', onError: 'reject' }), "onError: 'keep'"],
      [() => stored(store, 'a', { mount: '' }), 'is not a path'],
    ];
    for (const [call, problem] of refused) {
      expect(call).toThrow(ConfigOptionsError);
      expect(call).toThrow(problem);
    }
  });
});
