import { setImmediate as turn } from 'node:timers/promises';
import {
  type ConfigTree,
  factory,
  type Layer,
  type RejectedReload,
  type ReloadResult,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PreparedReload } from '../../lib/reload/prepared-reload.js';
import { MemorySource } from '../support/memory.source.js';
import { booted, type Bench } from './support/runtime.js';

/** A component that records what was built and disposed of. */
async function pool({ runtime }: Bench, label = 'Pool') {
  const log: string[] = [];
  const handle = await runtime.core.refreshables.register(
    {
      label,
      on: 'db.*',
      build: ({ value }) => {
        const { url } = (value as { db: { url: string } }).db;
        log.push(`built ${url}`);
        return url;
      },
      dispose: (url) => void log.push(`disposed of ${url}`),
    },
    () => [],
    () => runtime.snapshot,
  );
  return { handle, log };
}

async function app(options = {}) {
  const source = new MemorySource({ db: { url: 'a' }, n: 1 });
  const bench = await booted([source], options);
  const component = await pool(bench);
  const prepare = async (tree: ConfigTree): Promise<PreparedReload> => {
    source.set(tree as never);
    const prepared = await bench.runtime.prepare({ cause: 'manual' });
    if (!(prepared instanceof PreparedReload)) throw new Error(`not prepared: ${prepared.outcome}`);
    return prepared;
  };
  return { ...bench, ...component, source, prepare };
}

function fail(): never {
  throw new Error('too large');
}

function layerOf(tree: ConfigTree): Layer {
  const hash = JSON.stringify(tree);
  return { source: 'memory', tree, hash, revision: hash, locate: () => undefined };
}

/** Prepares a reload of the layers in force, with this one in the place of its source. */
async function give(
  runtime: Bench['runtime'],
  source: MemorySource,
  tree: ConfigTree,
): Promise<PreparedReload> {
  const layers = new Map([[source, layerOf(tree)]]);
  const input = { kind: 'layers', layers } as const;
  return (await runtime.prepare({ cause: 'remote', input })) as PreparedReload;
}

describe('A prepared reload', () => {
  it('becomes a version with the time of its commit', async () => {
    const { prepare, runtime } = await app();
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const prepared = await prepare({ db: { url: 'b' }, n: 1 });
    vi.setSystemTime(Date.now() + 60_000);
    await prepared.commit();
    expect([runtime.snapshot.version, runtime.snapshot.time]).toEqual([2, new Date()]);
  });

  it('keeps what a factory returned for it after the commit', async () => {
    let secret = 'old';
    const vault = factory(() => ({ secret }));
    const { runtime } = await booted([new MemorySource({ n: 1 }), vault]);
    secret = 'new';
    const prepared = (await runtime.prepare({ cause: 'manual' })) as PreparedReload;
    await prepared.commit();
    expect((await runtime.reload({ cause: 'file' })).outcome).toBe('unchanged');
    expect(runtime.snapshot.value).toMatchObject({ secret: 'new' });
  });

  it('is validated, vetoed and built, but nothing of it is in force until its commit', async () => {
    const { prepare, runtime, value, results, handle, log } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    expect(prepared.candidate).toMatchObject({ version: 2, value: { db: { url: 'b' }, n: 2 } });
    expect(prepared.changes.map(({ path }) => path)).toEqual(['db.url', 'n']);
    expect(value()).toEqual({ db: { url: 'a' }, n: 1 });
    expect(handle.get()).toBe('a');
    expect(log).toEqual(['built a', 'built b']);
    expect(results).toHaveLength(1); // the boot

    const result = await prepared.commit();
    expect(result).toMatchObject({ outcome: 'applied', version: 2, cause: 'manual' });
    expect(runtime.snapshot).toBe(prepared.candidate);
    expect(handle.get()).toBe('b');
    expect(results.at(-1)).toBe(result);
    await turn();
    expect(runtime.status()).toMatchObject({ version: 2, refreshables: { built: 2, disposed: 1 } });
  });

  it('lets reloads run while it waits', async () => {
    const { prepare, runtime, reload, source, value } = await app();
    await prepare({ db: { url: 'b' }, n: 2 });
    source.set({ db: { url: 'a' }, n: 3 });
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ db: { url: 'a' }, n: 3 });
    expect(runtime.core.reloader.isIdle).toBe(true);
  });

  it('is prepared again if another version is in force at its commit', async () => {
    const { prepare, runtime, value, log, handle } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    await runtime.core.overrides.set('n', 9, {});
    const result = await prepared.commit();
    expect(result).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ db: { url: 'b' }, n: 9 });
    expect(handle.get()).toBe('b');
    expect(log).toEqual(['built a', 'built b', 'disposed of b', 'built b', 'disposed of a']);
  });

  it('applies what the sources contain then, if it has to be prepared again', async () => {
    const { prepare, reload, source, value } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    source.set({ db: { url: 'c' }, n: 3 });
    await reload();
    expect(await prepared.commit()).toMatchObject({ outcome: 'unchanged' });
    expect(value()).toEqual({ db: { url: 'c' }, n: 3 });
  });

  it('is prepared again if a veto was added since, which may refuse it', async () => {
    const { prepare, runtime, value, handle, log } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    runtime.core.vetoes.add({
      label: 'Late.check',
      timeout: 1_000,
      select: (changes) => changes,
      call: () => {
        throw new Error('never');
      },
    });
    expect(await prepared.commit()).toMatchObject({ outcome: 'rejected', stage: 'prepare' });
    expect(value()).toEqual({ db: { url: 'a' }, n: 1 });
    expect(handle.get()).toBe('a');
    expect(log).toEqual(['built a', 'built b', 'disposed of b']);
  });

  it('is prepared again if a component was added since', async () => {
    const bench = await app();
    const prepared = await bench.prepare({ db: { url: 'b' }, n: 2 });
    const late = await pool(bench, 'Late');
    expect(late.handle.get()).toBe('a');
    expect(await prepared.commit()).toMatchObject({ outcome: 'applied' });
    expect([bench.handle.get(), late.handle.get()]).toEqual(['b', 'b']);
  });

  it.each(['first', 'second'] as const)(
    'shares the app with another one, and the %s may be committed before the other',
    async (which) => {
      const { prepare, runtime, value, handle, log } = await app();
      const first = await prepare({ db: { url: 'b' }, n: 2 });
      const second = await prepare({ db: { url: 'c' }, n: 3 });
      expect([first.candidate.version, second.candidate.version]).toEqual([2, 3]);
      const one = which === 'first' ? first : second;
      const other = which === 'first' ? second : first;
      expect(await one.commit()).toMatchObject({ outcome: 'applied', version: one.candidate.version });
      expect(handle.get()).toBe(which === 'first' ? 'b' : 'c');
      await other.commit();
      // Prepared again, from what the source contains by then.
      expect(value()).toEqual({ db: { url: 'c' }, n: 3 });
      expect(handle.get()).toBe('c');
      const versions = runtime.core.history.records.map(({ version }) => version);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      const built = log.filter((line) => line.startsWith('built')).length;
      expect(log.length - built).toBe(built - 1);
    },
  );

  it('shows its candidate only to work that is pinned to it', async () => {
    const { prepare, runtime, handle } = await app();
    const { pins } = runtime.core;
    const first = await prepare({ db: { url: 'b' }, n: 2 });
    const second = await prepare({ db: { url: 'c' }, n: 3 });
    const read = () => [pins.ambient().get('n'), handle.get()];
    expect(read()).toEqual([1, 'a']);
    expect(pins.runWith(first.candidate, read)).toEqual([2, 'b']);
    expect(pins.runWith(second.candidate, read)).toEqual([3, 'c']);
  });

  it('returns the same result however often it is committed', async () => {
    const { prepare } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    const [one, two] = await Promise.all([prepared.commit(), prepared.commit()]);
    expect(one).toBe(two);
    await prepared.discard();
    expect(await prepared.commit()).toBe(one);
  });

  it('does not count the time that it waits as part of its duration', async () => {
    const { prepare } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect((await prepared.commit()).durationMs).toBeLessThan(600_000);
  });

  it('does not end the rejection of newer content', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source], {
      validators: [
        (value: object) => {
          if ((value as { n: number }).n > 10) throw new Error('too large');
        },
      ],
    });
    source.set({ n: 2 });
    const prepared = (await runtime.prepare({ cause: 'manual' })) as PreparedReload;
    source.set({ n: 11 });
    expect((await reload()).outcome).toBe('rejected');
    expect((await prepared.commit()).outcome).toBe('applied');
    expect(runtime.status()).toMatchObject({ version: 2, rejection: expect.anything(), drifted: true });
  });
});

describe('A prepared reload that is discarded', () => {
  it('leaves nothing behind, and its number is free again', async () => {
    const { prepare, runtime, value, log, handle, reload } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    await prepared.discard();
    await prepared.discard();
    expect(log).toEqual(['built a', 'built b', 'disposed of b']);
    expect([value(), handle.get()]).toEqual([{ db: { url: 'a' }, n: 1 }, 'a']);
    expect(await prepared.commit()).toMatchObject({
      outcome: 'rejected',
      stage: 'commit',
      error: { code: 'CONFIG_DISCARDED' },
    });
    expect(runtime.status()).toMatchObject({ version: 1, drifted: false, reloads: { rejected: 0 } });
    expect(await reload()).toMatchObject({ outcome: 'applied', version: 2 });
  });

  it('lets work that is pinned to it end on what was built for it, under a number that no other version gets', async () => {
    const { prepare, runtime, handle, log, reload } = await app();
    const { pins } = runtime.core;
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    const pin = pins.take(prepared.candidate);
    await prepared.discard();
    expect(await reload()).toMatchObject({ outcome: 'applied', version: 3 });
    expect(pins.enter(pin, () => handle.get())).toBe('b');
    expect(log.filter((line) => line === 'disposed of b')).toHaveLength(0);
    pin.end();
    await turn();
    expect(log.filter((line) => line === 'disposed of b')).toHaveLength(1);
  });

  it('is found by an audit, as no reload has applied or rejected its content', async () => {
    const { prepare, runtime, source, value } = await app({
      validators: [({ n }: { n: number }) => void (n > 10 && fail())],
    });
    const audit = () => runtime.reload({ cause: 'file', audit: 'safety-poll' });
    await (await prepare({ db: { url: 'a' }, n: 2 })).discard();
    expect(await audit()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ db: { url: 'a' }, n: 2 });
    expect(await audit()).toMatchObject({ outcome: 'unchanged' });

    source.set({ db: { url: 'a' }, n: 11 });
    expect(await runtime.prepare({ cause: 'manual' })).toMatchObject({ outcome: 'rejected' });
    const rejected = await audit();
    expect(rejected).toMatchObject({ outcome: 'rejected', stage: 'validate' });
    expect(runtime.status().rejection).toBeDefined();
    expect(await audit()).toBe(rejected);
  });

  it('right after its commit was requested is committed', async () => {
    const { prepare, value } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    const committing = prepared.commit();
    await prepared.discard();
    expect(await committing).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ db: { url: 'b' }, n: 2 });
  });

  it('while another reload runs does not disturb that reload', async () => {
    const { prepare, runtime, source, value } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    runtime.core.vetoes.add({ label: 'Slow', timeout: 1_000, select: (all) => all, call: () => gate });
    source.set({ db: { url: 'c' }, n: 3 });
    const running = runtime.reload({ cause: 'manual' });
    await turn();
    await prepared.discard();
    release();
    expect(await running).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ db: { url: 'c' }, n: 3 });
  });
});

describe('Preparing a reload', () => {
  it('returns a result without reporting it if nothing changes, or if it would be rejected', async () => {
    const { runtime, results, source } = await app();
    expect(await runtime.prepare({ cause: 'manual' })).toMatchObject({ outcome: 'unchanged' });
    source.fail(new Error('it is gone'));
    const rejected = (await runtime.prepare({ cause: 'manual' })) as ReloadResult;
    expect(rejected).toMatchObject({ outcome: 'rejected', stage: 'collect' });
    expect(results).toHaveLength(1);
    expect(runtime.status()).toMatchObject({ drifted: false, reloads: { rejected: 0 } });
  });

  it('disposes of what was built before a later component refuses', async () => {
    const bench = await app();
    await bench.runtime.core.refreshables.register(
      {
        label: 'Picky',
        on: 'n',
        build: ({ value }) => {
          if ((value as { n: number }).n === 2) throw new Error('not 2');
          return {};
        },
      },
      () => [],
      () => bench.runtime.snapshot,
    );
    bench.source.set({ db: { url: 'b' }, n: 2 });
    expect(await bench.runtime.prepare({ cause: 'manual' })).toMatchObject({ outcome: 'rejected' });
    expect(bench.log).toEqual(['built a', 'built b', 'disposed of b']);
  });

  it('takes a layer in the place of its source, below the sources after it', async () => {
    const below = new MemorySource({ model: 'small', limit: 1 });
    const above = new MemorySource({ limit: 2 });
    const { runtime, value } = await booted([below, above]);
    const prepared = await give(runtime, below, { model: 'large', limit: 9 });
    expect(prepared.candidate.value).toEqual({ model: 'large', limit: 2 });
    await prepared.discard();
    expect(value()).toEqual({ model: 'small', limit: 2 });
  });

  it.each([
    ['ends the drift of its source if it is given what was rolled back from', 2, 0],
    ['stays in force instead of what was rolled back from', 3, 1],
  ])('%s', async (_promise, given, rolledBack) => {
    const other = new MemorySource({ other: 1 });
    const source = new MemorySource({ n: 1 });
    const { runtime, value, reload } = await booted([other, source]);
    source.set({ n: 2 });
    await reload();
    await runtime.manager.rollback({ steps: 1 });
    const content = await source.load({ known: [] } as never);
    const layers = new Map([[source, given === 2 ? content : layerOf({ n: given })]]);
    const prepared = await runtime.prepare({ cause: 'remote', input: { kind: 'layers', layers } });
    await (prepared as PreparedReload).commit();
    other.set({ other: 2 });
    await runtime.reload({ cause: 'file' });
    expect(value()).toEqual({ other: 2, n: given });
    expect(runtime.status().rolledBack).toHaveLength(rolledBack);
  });

  it.each<[problem: string, layer: object, message: string]>([
    ['forbidden keys', layerOf(JSON.parse('{ "__proto__": { "a": 1 } }') as ConfigTree), '"__proto__"'],
    ['no tree', { ...layerOf({}), tree: 1 }, 'is not a layer with a tree'],
    ['no hash', { ...layerOf({}), hash: 1 }, 'no hash'],
  ])('is rejected at collect if a given layer has %s', async (_problem, layer, message) => {
    const { runtime, source } = await app();
    const layers = new Map([[source, layer as Layer]]);
    const result = await runtime.prepare({ cause: 'remote', input: { kind: 'layers', layers } });
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'collect' });
    const { issues } = (result as RejectedReload).error;
    expect(issues).toMatchObject([{ message: expect.stringContaining(message) as string }]);
  });
});

describe('Content that was only prepared', () => {
  it('is not what a rollback skips', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, reload } = await booted([source]);
    source.set({ n: 2 });
    await reload();
    source.set({ n: 3 });
    const prepared = (await runtime.prepare({ cause: 'manual' })) as PreparedReload;
    await prepared.discard();
    await runtime.core.rollbacks.run({ steps: 1 }, {});
    expect(value()).toEqual({ n: 1 });
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 3 });
  });
});

describe('A layer that is given', () => {
  it('is refused if other content of its source has come into force since it was prepared', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, reload } = await booted([source]);
    const prepared = await give(runtime, source, { n: 5 });
    source.set({ n: 6 });
    await reload();
    expect(await prepared.commit()).toMatchObject({ outcome: 'rejected', stage: 'commit' });
    expect(value()).toEqual({ n: 6 });
  });

  it('is committed on top of what has changed in other sources since', async () => {
    const [one, other] = [new MemorySource({ n: 1 }), new MemorySource({ m: 1 })];
    const { runtime, value, reload } = await booted([one, other]);
    const prepared = await give(runtime, one, { n: 5 });
    other.set({ m: 2 });
    await reload();
    expect(await prepared.commit()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 5, m: 2 });
  });
});

describe('A shutdown', () => {
  it('lets a reload in progress end, as before it', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, log, value } = await booted([source]);
    const load = source.load.bind(source);
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    source.load = async (context) => (await gate, load(context));
    source.set({ n: 2 });
    const reloading = runtime.reload({ cause: 'manual' });
    await turn();
    const stopping = runtime.stop();
    await turn();
    release();
    expect(await reloading).toMatchObject({ outcome: 'applied' });
    await stopping;
    expect(value()).toEqual({ n: 2 });
    expect(log.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('discards what was prepared, and disposes of what was built for it', async () => {
    const { prepare, runtime, log } = await app();
    const first = await prepare({ db: { url: 'b' }, n: 2 });
    await prepare({ db: { url: 'c' }, n: 3 });
    await runtime.stop();
    expect(log.filter((line) => line.startsWith('disposed')).sort()).toEqual([
      'disposed of b',
      'disposed of c',
    ]);
    expect(await first.commit()).toMatchObject({ outcome: 'rejected', stage: 'commit' });
    expect(runtime.snapshot.version).toBe(1);
  });

  it('makes a commit that was requested before it, and refuses what is prepared after it', async () => {
    const { prepare, runtime, source } = await app();
    const prepared = await prepare({ db: { url: 'b' }, n: 2 });
    const committing = prepared.commit();
    await runtime.stop();
    expect(await committing).toMatchObject({ outcome: 'applied' });
    const layers = new Map([[source, layerOf({ db: { url: 'c' }, n: 3 })]]);
    expect(await runtime.prepare({ cause: 'manual', input: { kind: 'layers', layers } })).toMatchObject({
      outcome: 'rejected',
      stage: 'commit',
      error: { code: 'CONFIG_DISCARDED', summary: 'The app has shut down.' },
    });
    expect(runtime.snapshot.version).toBe(2);
  });
});
