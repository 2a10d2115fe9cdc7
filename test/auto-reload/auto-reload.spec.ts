import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { factory, file, type ConfigSource, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { collectAfterWrites } from '../../lib/reload/collect-after-writes.js';
import type { CollectContext } from '../../lib/reload/collect.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { LayerMemory } from '../../lib/reload/layer-memory.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { FileWrites } from '../../lib/watch/file-writes.js';
import { DirectoryWatches } from '../../lib/watch/directory-watches.js';
import { SourceWatches } from '../../lib/auto-reload/source-watches.js';
import { MemorySource } from '../support/memory.source.js';
import { statesOf } from '../sources/support/source-states.js';
import { useFakeClock } from '../support/fake-clock.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { booted, type Bench } from '../reload/support/runtime.js';
import { plainCalls } from '../support/plain-calls.js';

async function watching(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<Bench> {
  const bench = await booted(sources, { debounce: 5, ...options });
  await bench.runtime.start();
  return bench;
}

const NO_WRITES = { started: 0, inProgress: false, patience: 10_000, startReading: () => undefined };

function contextOf(...sources: ConfigSource[]): CollectContext {
  return {
    sources,
    memory: new LayerMemory(new CommitStore()),
    states: statesOf(),
    fresh: false,
    limits: DEFAULT_CONTENT_LIMITS,
    calls: plainCalls,
    settleTimeout: 0,
  };
}

describe('Watching', () => {
  it('applies the content of a source when it reports a change', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, results } = await watching([source]);
    source.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2 });
    expect(results.at(-1)).toMatchObject({ outcome: 'applied', cause: 'file' });
  });

  it('applies at the start what changed while it was disabled, and reports no result if nothing did', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, results } = await watching([source]);
    await runtime.disable();
    expect(runtime.status().watching).toBe(false);
    source.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 1 });
    await runtime.enable();
    expect(value()).toEqual({ n: 2 });
    expect(runtime.status().watching).toBe(true);
    await runtime.disable();
    await runtime.enable();
    expect(results).toHaveLength(2);
  });

  it('has no reload in progress after it was disabled', async () => {
    const source = new MemorySource({ n: 1 });
    let isChecking = false;
    const { runtime, value } = await watching([source], {
      validators: [
        async () => {
          isChecking = true;
          await delay(30);
        },
      ],
    });
    isChecking = false;
    source.set({ n: 2 });
    await until('a reload is in progress', () => isChecking);
    source.set({ n: 3 });
    await runtime.disable();
    expect(runtime.core.reloader.isIdle).toBe(true);
    const { version } = runtime.core.store.current;
    await delay(60);
    expect(runtime.core.store.current.version).toBe(version);
    expect(value()).toEqual({ n: 3 });
  });

  it('can be disabled by a validator that a reload waits for, and by what the validator left running', async () => {
    const source = new MemorySource({ n: 1 });
    const left: Promise<void>[] = [];
    const { runtime, value } = await watching([source], {
      validators: [
        async (candidate) => {
          if ((candidate as { n: number }).n === 1) return;
          left.push(delay(20).then(() => runtime.disable()));
          await runtime.disable();
        },
      ],
    });
    source.set({ n: 2 });
    await until('it is applied', () => (value() as { n: number }).n === 2);
    await Promise.all(left);
    expect(runtime.status()).toMatchObject({ watching: false, version: 2 });
    await runtime.stop();
    await runtime.enable();
    expect(runtime.status().watching).toBe(false);
  });

  it('starts once for several calls, and each call resolves when it runs', async () => {
    const source = new MemorySource({ n: 1 });
    const watch = vi.spyOn(source, 'watch');
    const { runtime } = await booted([source]);
    source.set({ n: 2 });
    await Promise.all([runtime.enable(), runtime.enable()]);
    await runtime.enable();
    expect(watch).toHaveBeenCalledTimes(1);
    expect(runtime.core.store.current.version).toBe(2);
  });

  it('leaves nothing behind if it is disabled during its start', async () => {
    const close = vi.fn<() => void>();
    let openWatch: (() => void) | undefined;
    const slow: ConfigSource = Object.assign(new MemorySource({ n: 1 }), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (openWatch = () => resolve({ close }))),
    });
    const { runtime, results } = await booted([slow]);
    const enabled = runtime.enable();
    await until('the watch was requested', () => openWatch);
    const disabled = runtime.disable();
    openWatch!();
    await Promise.all([enabled, disabled]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(runtime.status()).toMatchObject({ watching: false, watchedFiles: [] });
    expect(results).toHaveLength(1);
  });

  it('warns if a source cannot be watched, and finds its changes by the safety poll', async () => {
    const deaf = Object.assign(new MemorySource({ n: 1 }, 'deaf'), {
      watch: () => Promise.reject(new Error('no such channel')),
    });
    const { runtime, log, value } = await watching([deaf], { safetyPoll: 20 });
    expect(log).toContain(
      'warn: deaf cannot be watched (no such channel): only the safety poll finds its changes.',
    );
    deaf.set({ n: 2 });
    await until('the safety poll has found it', () => (value() as { n: number }).n === 2);
    expect(runtime.status()).toMatchObject({ missedEvents: 1, reloads: { applied: 2 } });
  });

  it('stops even if a watch fails to close, and warns', async () => {
    const source = Object.assign(new MemorySource({ n: 1 }, 'sticky'), {
      watch: () => ({
        close: () => {
          throw new Error('it sticks');
        },
      }),
    });
    const { runtime, log } = await watching([source]);
    await runtime.disable();
    expect(log).toContain('warn: The watch of sticky could not be closed: it sticks');
  });

  it('pauses after repeated rejections, shows it in the status, and applies valid content later', async () => {
    useFakeClock();
    const source = new MemorySource({ n: 1 });
    const { runtime, value } = await watching([source], {
      validators: [(candidate) => ((candidate as { n: number }).n > 10 ? 'too much' : undefined)],
      circuitBreaker: { failures: 3, delay: 50, maxDelay: 50 },
    });
    for (const n of [11, 12, 13]) {
      source.set({ n });
      await runtime.settled();
    }
    expect(runtime.status()).toMatchObject({ breaker: 'open', reloads: { rejected: 3 } });
    source.set({ n: 2 });
    await vi.advanceTimersByTimeAsync(49);
    await runtime.settled();
    expect(value()).toEqual({ n: 1 });
    await vi.advanceTimersByTimeAsync(1);
    await runtime.settled();
    expect(value()).toEqual({ n: 2 });
    expect(runtime.status()).toMatchObject({ breaker: 'closed', drifted: false });
  });

  it('closes the breaker after a successful manual reload', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, reload } = await watching([source], {
      circuitBreaker: { failures: 1, delay: 30_000 },
    });
    source.set(new Error('x'));
    await runtime.settled();
    expect(runtime.status().breaker).toBe('open');
    source.set({ n: 2 });
    expect((await reload()).outcome).toBe('applied');
    expect(runtime.status().breaker).toBe('closed');
    source.set({ n: 3 });
    await runtime.settled();
    expect(value()).toEqual({ n: 3 });
  });

  it('never pauses if the circuit breaker is disabled', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime } = await watching([source], { circuitBreaker: false });
    for (let i = 0; i < 20; i += 1) {
      source.set(new Error(`bad ${i}`));
      await runtime.settled();
    }
    expect(runtime.status()).toMatchObject({ breaker: 'closed', reloads: { rejected: 20 } });
  });

  it('delays versions beyond the rate limit, and applies the last one', async () => {
    useFakeClock();
    const source = new MemorySource({ n: 0 });
    const { runtime, value } = await watching([source], { rateLimit: { max: 2, per: 150 } });
    for (let n = 1; n <= 20; n += 1) {
      source.set({ n });
      await runtime.settled();
    }
    expect(runtime.status().reloads.applied).toBe(3);
    await vi.advanceTimersByTimeAsync(150);
    await runtime.settled();
    expect(value()).toEqual({ n: 20 });
    expect(runtime.status().reloads.applied).toBe(4);
  });
});

describe('A reload', () => {
  it('reads no file in the middle of a save, whatever triggered it, and reads the whole file afterwards', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'a: 1\nfill: none\nb: 1\n');
    const source = new MemorySource({ n: 1 });
    const follow = vi.spyOn(FileWrites.prototype, 'follow');
    onTestFinished(() => follow.mockRestore());
    const { value, reload, results } = await watching([file(path), source], { debounce: 20 });
    const [writes] = follow.mock.contexts as FileWrites[];
    const writer = await open(path, 'r+');
    await writer.write('a: 2\n', 0);
    await until('the save is noticed', () => writes?.inProgress);
    source.set({ n: 2 });
    const reloading = reload();
    await delay(60);
    expect(results).toHaveLength(1);
    await writer.write('b: 2\n', 'a: 2\nfill: none\n'.length);
    await writer.close();
    expect(await reloading).toMatchObject({ outcome: 'applied', version: 2 });
    expect(value()).toEqual({ a: 2, fill: 'none', b: 2, n: 2 });
  });

  it('reads again if a save starts while it reads', async () => {
    const writes = { ...NO_WRITES };
    let saving = true;
    const source = new MemorySource({ n: 1 });
    const load = source.load.bind(source);
    source.load = async () => {
      const layer = await load();
      if (saving) {
        saving = false;
        source.set({ n: 2 });
        Object.assign(writes, { started: 1, inProgress: true });
        setTimeout(() => (writes.inProgress = false), 20);
      }
      return layer;
    };
    const generation = await collectAfterWrites(contextOf(source), writes);
    expect(generation.layers.get(source)?.tree).toEqual({ n: 2 });
    expect(source.loads).toBe(2);
  });

  it('calls a factory once, although it reads the files twice', async () => {
    const writes = { ...NO_WRITES };
    let calls = 0;
    const counted = factory(() => ((calls += 1), {}));
    const source = new MemorySource({ n: 1 });
    const load = source.load.bind(source);
    source.load = (context) => {
      writes.started = 1;
      return load(context);
    };
    const context = { ...contextOf(source, counted), fresh: true };
    await collectAfterWrites(context, writes);
    expect([source.loads, calls]).toEqual([2, 1]);
  });

  it('does not fail because of a file that was read in the middle of a save', async () => {
    const writes = { ...NO_WRITES };
    const source = new MemorySource({ n: 1 });
    const load = source.load.bind(source);
    source.load = () => {
      writes.started = 1;
      return source.loads > 0 ? load() : (load(), Promise.reject(new Error('cut off')));
    };
    const generation = await collectAfterWrites(contextOf(source), writes);
    expect(generation.layers.get(source)?.tree).toEqual({ n: 1 });
  });

  it('waits no longer than a change that settles meanwhile may wait', async () => {
    const source = new MemorySource({ n: 1 });
    const writes = { ...NO_WRITES, inProgress: true, startReading: vi.fn<() => void>() };
    const collecting = collectAfterWrites(contextOf(source), writes);
    await delay(20);
    expect(source.loads).toBe(0);
    writes.patience = 0;
    await collecting;
    expect(source.loads).toBe(1);
    expect(writes.startReading).toHaveBeenCalledOnce();
  });

  it('waits at most maxWait for files that keep changing, and then reads them unsettled', async () => {
    const source = new MemorySource({ n: 1 });
    let started = 0;
    const writes = {
      get started() {
        return (started += 1);
      },
      inProgress: true,
      patience: 30,
      startReading: () => undefined,
    };
    const generation = await collectAfterWrites(contextOf(source), writes);
    expect(generation.layers.get(source)?.tree).toEqual({ n: 1 });
    source.set(new Error('gone'));
    const failing = collectAfterWrites(contextOf(source), { ...NO_WRITES, inProgress: true, patience: 0 });
    await expect(failing).rejects.toThrow('gone');
  });
});

describe('The safety poll', () => {
  it('logs the warnings of the file watcher', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 0\n');
    const follow = vi.spyOn(DirectoryWatches.prototype, 'subscribe').mockResolvedValue();
    onTestFinished(() => follow.mockRestore());
    const { runtime, value, log } = await watching([file(path)], { safetyPoll: 20, pollInterval: 10 });
    let n = 0;
    await until('the file is polled', () => {
      if ((value() as { n: number }).n === n) folder.write('app.yaml', `n: ${(n += 1)}\n`);
      return runtime.status().pollingFiles.includes(path);
    });
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining(path)]);
  });

  it('counts each change that it finds once', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 1\n');
    // Without watched directories every event is lost.
    const follow = vi.spyOn(DirectoryWatches.prototype, 'subscribe').mockResolvedValue();
    onTestFinished(() => follow.mockRestore());
    const { runtime, value } = await watching([file(path)], { safetyPoll: 30 });
    folder.write('app.yaml', 'n: 2\n');
    await until('it is found', () => (value() as { n: number }).n === 2);
    await delay(100);
    expect(runtime.status().missedEvents).toBe(1);
  });

  it.each(['n: 2\n', 'n: [2\n'])(
    'counts a change once that comes between its scan of the file and the reading of it: %j',
    async (text) => {
      const folder = new TempFolder();
      const path = folder.write('app.yaml', 'n: 1\n');
      const follow = vi.spyOn(DirectoryWatches.prototype, 'subscribe').mockResolvedValue();
      onTestFinished(() => follow.mockRestore());
      const source = file(path);
      const load = source.load.bind(source);
      let saves = 0;
      const { runtime, results } = await watching([source], { safetyPoll: 30 });
      source.load = (context) => {
        if (saves === 0) folder.write('app.yaml', text);
        saves += 1;
        return load(context);
      };
      await until('the reload has found it', () => results.length === 2);
      await until('the watcher has found it, too', () => saves > 3);
      await runtime.settled();
      expect(runtime.status().missedEvents).toBe(1);
    },
  );
});

describe('A source added at run time', () => {
  it('overrides the others, and is watched until it is removed', async () => {
    const folder = new TempFolder();
    const base = file(folder.write('base.yaml', 'n: 1\nm: 1\n'));
    const { runtime, value } = await watching([base]);
    const path = folder.write('more.yaml', 'n: 2\n');
    const more = file(path);
    const added = await runtime.sources.change((sources) => [...sources, more]);
    expect(added).toMatchObject({ outcome: 'applied', cause: 'manual', reason: 'sources changed' });
    expect(value()).toEqual({ n: 2, m: 1 });
    expect(runtime.status().watchedFiles).toContain(path);
    writeFileSync(path, 'n: 3\n');
    await until('its change is applied', () => (value() as { n: number }).n === 3);
    const removed = await runtime.sources.change((sources) => sources.filter((source) => source !== more));
    expect(removed.outcome).toBe('applied');
    expect(value()).toEqual({ n: 1, m: 1 });
    expect(runtime.status().watchedFiles).not.toContain(path);
  });

  it('is not added or watched if the reload is rejected, and leaves no drift', async () => {
    const source = new MemorySource({ n: 1 });
    const bad = new MemorySource({ n: 1 }, 'bad');
    const watch = vi.spyOn(bad, 'watch');
    bad.set(new Error('down'));
    const { runtime, value } = await watching([source]);
    const result = await runtime.sources.change((sources) => [...sources, bad]);
    expect(result).toMatchObject({ outcome: 'rejected', version: 1 });
    expect(runtime.status()).toMatchObject({ drifted: false, sources: [{ name: 'memory' }] });
    expect(watch).not.toHaveBeenCalled();
    expect(value()).toEqual({ n: 1 });
  });

  it('does not prevent a change of another source at the same time if it is rejected', async () => {
    const source = new MemorySource({ n: 1 });
    const bad = new MemorySource({}, 'bad');
    bad.set(new Error('down'));
    const { runtime, value } = await watching([source]);
    const adding = runtime.sources.change((sources) => [...sources, bad]);
    source.set({ n: 2 });
    expect((await adding).outcome).toBe('rejected');
    await runtime.settled();
    expect(value()).toEqual({ n: 2 });
    expect(runtime.status().drifted).toBe(false);
  });

  it('is accepted or rejected separately from others that are added at the same time', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value } = await watching([source]);
    const bad = new MemorySource({}, 'bad');
    bad.set(new Error('down'));
    const outcomes = await Promise.all(
      [new MemorySource({ a: 1 }, 'a'), bad, new MemorySource({ b: 1 }, 'b')].map((more) =>
        runtime.sources.change((sources) => [...sources, more]),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'rejected', 'applied']);
    expect(value()).toEqual({ n: 1, a: 1, b: 1 });
    expect(runtime.status().sources.map(({ name }) => name)).toEqual(['memory', 'a', 'b']);
  });

  it('is closed once when it is removed, without closing the others', async () => {
    const [a, b] = [new MemorySource({ a: 1 }, 'a'), new MemorySource({ b: 1 }, 'b')];
    const { runtime } = await watching([a, b]);
    await runtime.sources.change((sources) => sources.filter((source) => source !== b));
    expect([a.closed, b.closed]).toEqual([0, 1]);
    await runtime.stop();
    expect([a.closed, b.closed]).toEqual([1, 1]);
  });

  it('stays with its last layer if its removal is rejected', async () => {
    const needed = new MemorySource({ needed: 1 }, 'needed', 'keep');
    const other = new MemorySource({ other: 1 }, 'other');
    const { runtime, value, reload } = await watching([other, needed], {
      validators: [(candidate) => ('needed' in candidate ? undefined : 'needed is missing')],
    });
    const result = await runtime.sources.change(([first]) => [first!]);
    expect(result.outcome).toBe('rejected');
    expect(needed.closed).toBe(0);
    needed.set(new Error('down'));
    other.set({ other: 2 });
    await reload();
    expect(value()).toEqual({ needed: 1, other: 2 });
  });

  it('causes a warning if it fails to close, and the others are closed', async () => {
    const bad = new MemorySource({ a: 1 }, 'a');
    bad.close = () => {
      throw new Error('stuck');
    };
    const good = new MemorySource({ b: 1 }, 'b');
    const { runtime, log } = await watching([bad, good]);
    await runtime.stop();
    expect(good.closed).toBe(1);
    expect(log).toContain('warn: a could not be closed: stuck');
  });

  it('takes precedence by its position: another order of the same sources is another configuration', async () => {
    const [a, b] = [new MemorySource({ n: 'a' }, 'a'), new MemorySource({ n: 'b' }, 'b')];
    const { runtime, value } = await booted([a, b]);
    expect(value()).toEqual({ n: 'b' });
    expect((await runtime.sources.change(() => [b, a])).outcome).toBe('applied');
    expect(value()).toEqual({ n: 'a' });
  });
});

describe('The watches of sources', () => {
  it('are opened once and closed once, however fast the list of sources changes', async () => {
    const counts = { opened: 0, closed: 0 };
    const slow = (name: string): ConfigSource =>
      Object.assign(new MemorySource({}, name), {
        watch: async () => {
          counts.opened += 1;
          await delay(1);
          return { close: async () => void (await delay(1), (counts.closed += 1)) };
        },
      });
    const [a, b, c] = [slow('a'), slow('b'), slow('c')];
    const watches = new SourceWatches({
      files: undefined as never,
      states: statesOf(),
      changed: () => {},
      warn: () => {},
      verbose: () => {},
    });
    await Promise.all([[a, b], [a, b], [b, c], [a, b, c], []].map((sources) => watches.follow(sources)));
    expect(counts).toEqual({ opened: 4, closed: 4 });
  });

  it('do not exist for a source without watch()', async () => {
    const watches = new SourceWatches({
      files: undefined as never,
      states: statesOf(),
      changed: () => {},
      warn: () => {},
      verbose: () => {},
    });
    const constant: ConfigSource = { name: 'constant', load: () => Promise.reject(new Error('not called')) };
    await expect(watches.follow([constant])).resolves.toBeUndefined();
    await expect(watches.follow([])).resolves.toBeUndefined();
  });
});

/** Runs a test of a timeout with fake timers. */
async function inFakeTime(run: () => Promise<void>): Promise<void> {
  vi.useFakeTimers();
  try {
    await run();
  } finally {
    vi.useRealTimers();
  }
}

describe('A watch that hangs', () => {
  it('does not delay the app, and is used once it has started', async () => {
    const close = vi.fn<() => void>();
    let openWatch: ((handle: { close: () => void }) => void) | undefined;
    const slow = Object.assign(new MemorySource({ n: 1 }, 'slow'), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (openWatch = resolve)),
    });
    const { runtime, log } = await booted([slow]);
    await inFakeTime(async () => {
      const started = runtime.start();
      await vi.advanceTimersByTimeAsync(5_000);
      await started;
    });
    expect(log).toContain(
      'warn: slow is not being watched after 5000 ms. The app continues; until the watch starts, only the safety poll' +
        ' finds its changes.',
    );
    openWatch!({ close });
    await runtime.disable();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('is closed if it starts after watching was disabled', async () => {
    const close = vi.fn<() => void>();
    let openWatch: ((handle: { close: () => void }) => void) | undefined;
    const slow = Object.assign(new MemorySource({ n: 1 }, 'slow'), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (openWatch = resolve)),
    });
    const { runtime } = await booted([slow]);
    await inFakeTime(async () => {
      const started = runtime.start();
      await vi.advanceTimersByTimeAsync(5_000);
      await started;
    });
    await runtime.disable();
    expect(close).not.toHaveBeenCalled();
    openWatch!({ close });
    await until('it is closed', () => close.mock.calls.length === 1);
  });

  it('causes the usual warning if it fails later', async () => {
    let fail: ((error: Error) => void) | undefined;
    const slow = Object.assign(new MemorySource({ n: 1 }, 'slow'), {
      watch: () => new Promise<never>((_resolve, reject) => (fail = reject)),
    });
    const { runtime, log } = await booted([slow]);
    await inFakeTime(async () => {
      const started = runtime.start();
      await vi.advanceTimersByTimeAsync(5_000);
      await started;
    });
    fail!(new Error('no such channel'));
    await until('a warning is logged', () => log.some((line) => line.includes('cannot be watched')));
    expect(log.at(-1)).toContain('slow cannot be watched (no such channel)');
  });
});

describe('Stopping the runtime', () => {
  it('does not wait for a watch or a source that hangs in close, and names it', async () => {
    const never = () => new Promise<void>(() => undefined);
    const source = Object.assign(new MemorySource({ n: 1 }), { watch: () => ({ close: never }) });
    const other = Object.assign(new MemorySource({ m: 1 }, 'other'), { close: never });
    const { runtime, log } = await watching([source, other]);
    await inFakeTime(async () => {
      const stopped = runtime.stop();
      await vi.advanceTimersByTimeAsync(10_000);
      await stopped;
    });
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: The watch of memory did not close within 5000 ms. The app continues without waiting for it.',
      'warn: other could not be closed: no answer within 5000 ms',
    ]);
  });

  it('does not wait for a source that hangs in load', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    vi.useFakeTimers();
    try {
      source.load = () => new Promise(() => undefined);
      void reload();
      const stopped = runtime.stop();
      await vi.advanceTimersByTimeAsync(5_000);
      await stopped;
      expect(source.closed).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
