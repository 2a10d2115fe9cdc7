import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  ConfigSource,
  ConfigTree,
  HotConfigModuleOptions,
  Layer,
  SourceLoadContext,
  SourceWatchContext,
  WatchHandle,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { collectAfterWrites } from '../../lib/reload/collect-after-writes.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { LayerMemory } from '../../lib/reload/layer-memory.js';
import { booted, runtimeOf, type Bench } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { statesOf } from './support/source-states.js';
import { plainCalls } from '../support/plain-calls.js';

function layerOf(tree: ConfigTree): Layer {
  const hash = JSON.stringify(tree);
  return { source: 'store', tree, hash, revision: hash, locate: () => undefined };
}

/** A store behind a network, which can hang. */
class Store implements ConfigSource {
  readonly kind = 'remote';
  readonly onError = 'keep';
  readonly loadTimeout: number;
  readonly loads: SourceLoadContext[] = [];
  isHanging = false;
  failure: Error | undefined;
  context: SourceWatchContext | undefined;
  answer: ((layer: Layer) => void) | undefined;

  constructor(
    public tree: ConfigTree,
    { name = 'store', loadTimeout = 30_000 }: { readonly name?: string; readonly loadTimeout?: number } = {},
  ) {
    this.name = name;
    this.loadTimeout = loadTimeout;
  }

  readonly name: string;

  async load(context: SourceLoadContext): Promise<Layer> {
    this.loads.push(context);
    if (this.failure !== undefined) throw this.failure;
    return this.isHanging ? new Promise((resolve) => (this.answer = resolve)) : layerOf(this.tree);
  }

  watch(context: SourceWatchContext): WatchHandle {
    this.context = context;
    return { close: () => undefined };
  }
}

async function watching(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<Bench> {
  const bench = await booted(sources, options);
  await bench.runtime.start();
  return bench;
}

/** Lets the clock of all durations jump. */
function leapBy(ms: number): void {
  const now = performance.now.bind(performance);
  const leap = vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  onTestFinished(() => leap.mockRestore());
}

const healthIn = ({ runtime }: Bench) => runtime.status().sources.map(({ health }) => health);

describe('A remote source that hangs', () => {
  it('delays the changes of others once, by its loadTimeout, and is asked in the background afterwards', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 }, { loadTimeout: 100 });
    const bench = await watching([local, store]);
    const { runtime, value, log } = bench;
    const asked = store.loads.length;
    store.isHanging = true;

    local.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2, r: 1 });
    expect(store.loads).toHaveLength(asked + 1);
    expect(store.loads.at(-1)?.signal).toMatchObject({
      aborted: true,
      reason: { message: 'no answer within 100 ms' },
    });
    expect(log).toContainEqual(
      expect.stringContaining('no answer within 100 ms; its last good content stays in force'),
    );
    expect(healthIn(bench)).toEqual(['live', 'stale']);
    expect(runtime.status().sources[1]?.detail).toBe('could not be loaded: no answer within 100 ms');

    for (let n = 3; n <= 5; n += 1) {
      local.set({ n });
      await runtime.settled();
      expect(value()).toEqual({ n, r: 1 });
    }
    expect(store.loads).toHaveLength(asked + 1);

    leapBy(1_100);
    local.set({ n: 6 });
    await runtime.settled();
    expect(value()).toEqual({ n: 6, r: 1 });
    expect(store.loads).toHaveLength(asked + 2);
    expect(store.loads.at(-1)?.signal.aborted).toBe(false);
  });

  it('triggers a reload with its answer when it answers again', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 });
    const bench = await watching([local, store]);
    const { runtime, value, results } = bench;
    store.failure = new Error('connection refused');
    local.set({ n: 2 });
    await runtime.settled();
    expect(healthIn(bench)).toEqual(['live', 'stale']);

    store.failure = undefined;
    store.isHanging = true;
    leapBy(1_100);
    local.set({ n: 3 });
    await runtime.settled();
    const asked = store.loads.length;
    store.answer!(layerOf({ r: 2 }));
    await until('the answer is applied', () => (value() as { r: number }).r === 2);
    expect(results.at(-1)).toMatchObject({ outcome: 'applied', cause: 'remote' });
    expect(store.loads).toHaveLength(asked);
    expect(healthIn(bench)).toEqual(['live', 'live']);
  });

  it('is asked by a manual reload, however recently it has failed, and by its own trigger', async () => {
    const store = new Store({ r: 1 });
    const { runtime, reload, value } = await watching([store]);
    store.failure = new Error('connection refused');
    await reload();
    store.failure = undefined;
    store.tree = { r: 2 };
    await reload();
    expect(value()).toEqual({ r: 2 });

    store.failure = new Error('connection refused');
    await reload();
    store.failure = undefined;
    store.tree = { r: 3 };
    store.context!.changed();
    await runtime.settled();
    expect(value()).toEqual({ r: 3 });
  });

  it('is asked again by every reload if there is nothing to keep', async () => {
    const local = new MemorySource({ n: 1 });
    const store = Object.assign(new Store({ r: 1 }), { onError: 'reject' });
    const { runtime, value } = await watching([local, store as ConfigSource]);
    store.failure = new Error('connection refused');
    local.set({ n: 2 });
    await runtime.settled();
    store.failure = undefined;
    local.set({ n: 3 });
    await runtime.settled();
    expect(value()).toEqual({ n: 3, r: 1 });
  });

  it('loses its HTTP request at the deadline, and when the app shuts down', async () => {
    const requests: IncomingMessage[] = [];
    const server = createServer((request) => void requests.push(request)).listen(0, '127.0.0.1');
    onTestFinished(() => server.close().closeAllConnections());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const store = new Store({ r: 1 });
    const { runtime, reload } = await booted([store]);
    store.load = ({ signal }) =>
      new Promise((_resolve, reject) => {
        get({ port, host: '127.0.0.1', signal }).on('error', reject);
      });

    Object.assign(store, { loadTimeout: 50 });
    await until('a request that has arrived is aborted', async () => {
      expect(await reload()).toMatchObject({ outcome: 'unchanged' });
      return requests.some(({ destroyed }) => destroyed);
    });

    Object.assign(store, { loadTimeout: 30_000 });
    const before = requests.length;
    const reloading = reload();
    await until('the request has arrived', () => requests.length > before);
    await runtime.stop();
    await until('the request is aborted', () => requests.at(-1)?.destroyed);
    await reloading;
  });

  it('names the option if its loadTimeout is not a time', async () => {
    const { runtime } = runtimeOf({ sources: [new Store({ r: 1 }, { loadTimeout: Number.NaN })] });
    await expect(runtime.boot()).rejects.toThrow(
      'The option "loadTimeout" must be a number of milliseconds (0 or more)',
    );
  });
});

describe('A remote source', () => {
  it('must be asked at boot and by manual reloads, and may answer from memory otherwise', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 });
    const { runtime, reload } = await watching([local, store]);
    local.set({ n: 2 });
    await runtime.settled();
    await reload();
    // The boot, the check at the start of watching, the change, the manual reload.
    expect(store.loads.map(({ fresh }) => fresh)).toEqual([true, false, false, true]);
  });

  it('is given the last hint of those that it reported since its last load', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 });
    const { runtime } = await watching([local, store]);
    const asked = store.loads.length;
    store.context!.changed('r2');
    store.context!.changed('r3');
    await runtime.settled();
    local.set({ n: 2 });
    await runtime.settled();
    expect(store.loads.slice(asked).map((context) => ['hint' in context, context.hint])).toEqual([
      [true, 'r3'],
      [false, undefined],
    ]);
  });

  it('keeps its hint for the next reload when a plan is made', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 });
    const { runtime } = await watching([local, store]);
    store.context!.changed('r2');
    await runtime.plan();
    await runtime.settled();
    expect(store.loads.slice(-2).map(({ hint }) => hint)).toContain('r2');
  });

  it('is the cause of the reloads that only remote sources have triggered', async () => {
    const local = new MemorySource({ n: 1 });
    const [a, b] = [new Store({ a: 1 }, { name: 'a' }), new Store({ b: 1 }, { name: 'b' })];
    const { runtime, results } = await watching([local, a, b]);
    const change = async (n: number, ...changed: readonly (() => void)[]) => {
      a.tree = { a: n };
      for (const report of changed) report();
      await runtime.settled();
      return results.at(-1);
    };
    const [reportA, reportB] = [() => a.context!.changed(), () => b.context!.changed()];
    expect(await change(2, reportA)).toMatchObject({ outcome: 'applied', cause: 'remote' });
    expect(await change(3, reportA, reportB)).toMatchObject({ outcome: 'applied', cause: 'remote' });
    expect(await change(4, () => local.set({ n: 2 }), reportA)).toMatchObject({
      outcome: 'applied',
      cause: 'file',
    });
    expect(results).toHaveLength(4);
  });

  it('does not delay the changes of other sources if its content is rejected again and again', async () => {
    const local = new MemorySource({ n: 1 });
    const store = new Store({ r: 1 });
    const { runtime, value } = await watching([local, store], {
      validators: [(candidate) => ((candidate as { r: number }).r > 10 ? 'too much' : undefined)],
      circuitBreaker: { failures: 2, delay: 30_000 },
    });
    for (const r of [11, 12]) {
      store.tree = { r };
      store.context!.changed();
      await runtime.settled();
    }
    expect(runtime.status()).toMatchObject({ breaker: 'open', reloads: { rejected: 2 } });
    store.tree = { r: 2 };
    store.context!.changed();
    await runtime.settled();
    expect(value()).toEqual({ n: 1, r: 1 });
    local.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2, r: 2 });
    expect(runtime.status().breaker).toBe('closed');
  });

  it('is stale while it is not watched, and while its watch has failed', async () => {
    const store = new Store({ r: 1 });
    const bench = await watching([store]);
    const { runtime, log, value } = bench;
    expect(healthIn(bench)).toEqual(['live']);
    store.context!.failed(new Error('connection lost'));
    store.context!.failed(new Error('connection lost'));
    expect(healthIn(bench)).toEqual(['stale']);
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: The watch of store failed (connection lost): its changes may be missed for now.',
    ]);
    store.tree = { r: 2 };
    store.context!.recovered();
    await runtime.settled();
    expect(value()).toEqual({ r: 2 });
    expect(healthIn(bench)).toEqual(['live']);
    await runtime.disable();
    store.context!.failed(new Error('too late'));
    expect(runtime.status().sources).toMatchObject([{ health: 'stale', detail: 'is not watched' }]);
    await runtime.enable();
    expect(healthIn(bench)).toEqual(['live']);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no such channel'))],
    [
      'throws',
      () => {
        throw new Error('no such channel');
      },
    ],
  ])('is stale if its watch %s at the start', async (_case, watch) => {
    const store = Object.assign(new Store({ r: 1 }), { watch });
    const { runtime, log } = await watching([store]);
    expect(runtime.status().sources).toMatchObject([
      { health: 'stale', detail: 'cannot be watched: no such channel' },
    ]);
    expect(log).toContain(
      'warn: store cannot be watched (no such channel): only the safety poll finds its changes.',
    );
  });

  it('starts with its layer of the newest version on disk if it cannot be reached', async () => {
    const history = { dir: new TempFolder().path };
    const local = new MemorySource({ n: 1 });
    const first = await booted([local, new Store({ r: 1 })], { history });
    await first.runtime.settled();
    await first.runtime.stop();

    local.set({ n: 2 });
    const store = new Store({ r: 2 });
    store.failure = new Error('connection refused');
    const bench = await booted([local, store], { history });
    expect(bench.value()).toEqual({ n: 2, r: 1 });
    expect(bench.log).toContainEqual(
      expect.stringMatching(/connection refused; its content of version 1 on disk, of \S+Z, is used/),
    );
    expect(healthIn(bench)).toEqual(['live', 'stale']);
    store.failure = undefined;
    await bench.reload();
    expect(bench.value()).toEqual({ n: 2, r: 2 });
  });

  it('is asked once in a reload that reads files again, unless it reports a change meanwhile', async () => {
    const store = new Store({ r: 1 });
    const local = new MemorySource({ n: 1 });
    const states = statesOf();
    const writes = { started: 0, inProgress: false, patience: 10_000, startReading: () => undefined };
    const load = local.load.bind(local);
    local.load = async () => {
      if (local.loads < 2) writes.started += 1;
      if (local.loads === 1) states.of(store).changed('r2');
      return load();
    };
    const context = {
      sources: [local, store],
      memory: new LayerMemory(new CommitStore()),
      states,
      fresh: true,
      limits: DEFAULT_CONTENT_LIMITS,
      calls: plainCalls,
      settleTimeout: 0,
    };
    await collectAfterWrites(context, writes);
    expect(local.loads).toBe(3);
    expect(store.loads.map(({ hint }) => hint)).toEqual([undefined, 'r2']);
    expect([...(states.takeTriggers() ?? [])]).toEqual([store]);
    expect(states.takeTriggers()).toBeUndefined();
  });
});

describe('A source written before there were remote sources', () => {
  it('works with a name, load and watch', async () => {
    let n = 1;
    let report: () => void = () => undefined;
    const old = {
      name: 'old',
      load: async ({ known }: { readonly known: readonly Layer[] }) =>
        known.find(({ hash }) => hash === String(n)) ?? {
          source: 'old',
          tree: { n },
          hash: String(n),
          revision: String(n),
          locate: () => undefined,
        },
      watch: ({ changed }: { changed: () => void }) => {
        report = changed;
        return { close: () => undefined };
      },
    };
    const { runtime, value, results } = await watching([old]);
    n = 2;
    report();
    await runtime.settled();
    expect(value()).toEqual({ n: 2 });
    expect(results.at(-1)).toMatchObject({ outcome: 'applied', cause: 'file' });
    const [status] = runtime.status().sources;
    expect(status).toMatchObject({ name: 'old', health: 'live', since: expect.any(Date) });
    expect(status).not.toHaveProperty('revision');
  });
});
