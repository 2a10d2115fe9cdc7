import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { file, type ConfigSource, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { collectWhenQuiet } from '../../lib/reload/collect-when-quiet.js';
import type { CollectContext } from '../../lib/reload/collect.js';
import { LayerMemory } from '../../lib/reload/layer-memory.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { DirectoryWatches } from '../../lib/watch/directory-watches.js';
import { SourceWatches } from '../../lib/auto-reload/source-watches.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { booted, type Bench } from '../reload/support/runtime.js';

async function watching(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<Bench> {
  const bench = await booted(sources, { debounce: 5, ...options });
  await bench.runtime.start();
  return bench;
}

function contextOf(...sources: ConfigSource[]): CollectContext {
  return { sources, memory: new LayerMemory(), limits: DEFAULT_CONTENT_LIMITS, settleTimeout: 0 };
}

describe('Watching', () => {
  it('applies what sources say when they tell of a change', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value, results } = await watching([source]);
    source.set({ n: 2 });
    await runtime.settled();
    expect(value()).toEqual({ n: 2 });
    expect(results.at(-1)).toMatchObject({ outcome: 'applied', cause: 'file' });
  });

  it('catches up with what changed while nobody watched, and says nothing where nothing did', async () => {
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

  it('has nothing under way any more once it is disabled', async () => {
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
    await until('a reload is under way', () => isChecking);
    source.set({ n: 3 });
    await runtime.disable();
    expect(runtime.reloader.isIdle).toBe(true);
    const { version } = runtime.store.current;
    await delay(60);
    expect(runtime.store.current.version).toBe(version);
    expect(value()).toEqual({ n: 3 });
  });

  it('is disabled at once by what a reload waits for, and after its end by what that left behind', async () => {
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

  it('is started once, however often it is asked for, and everybody waits until it runs', async () => {
    const source = new MemorySource({ n: 1 });
    const watch = vi.spyOn(source, 'watch');
    const { runtime } = await booted([source]);
    source.set({ n: 2 });
    await Promise.all([runtime.enable(), runtime.enable()]);
    await runtime.enable();
    expect(watch).toHaveBeenCalledTimes(1);
    expect(runtime.store.current.version).toBe(2);
  });

  it('that is ended while it begins leaves nothing behind', async () => {
    const close = vi.fn<() => void>();
    let begin: (() => void) | undefined;
    const slow: ConfigSource = Object.assign(new MemorySource({ n: 1 }), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (begin = () => resolve({ close }))),
    });
    const { runtime, results } = await booted([slow]);
    const enabled = runtime.enable();
    await until('the watch has been asked for', () => begin);
    const disabled = runtime.disable();
    begin!();
    await Promise.all([enabled, disabled]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(runtime.status()).toMatchObject({ watching: false, watchedFiles: [] });
    expect(results).toHaveLength(1);
  });

  it('warns of a source that cannot be watched, and finds its changes by the safety poll', async () => {
    const deaf = Object.assign(new MemorySource({ n: 1 }, 'deaf'), {
      watch: () => Promise.reject(new Error('no such channel')),
    });
    const { runtime, log, value } = await watching([deaf], { safetyPoll: 20 });
    expect(log).toContain(
      'warn: deaf cannot be watched (no such channel): its changes are found by the safety poll only.',
    );
    deaf.set({ n: 2 });
    await until('the safety poll has found it', () => (value() as { n: number }).n === 2);
    expect(runtime.status()).toMatchObject({ missedEvents: 1, reloads: { applied: 2 } });
  });

  it('ends although the end of a watch fails, and says so', async () => {
    const source = Object.assign(new MemorySource({ n: 1 }, 'sticky'), {
      watch: () => ({
        close: () => {
          throw new Error('it sticks');
        },
      }),
    });
    const { runtime, log } = await watching([source]);
    await runtime.disable();
    expect(log).toContain('warn: The watch of sticky could not be ended: it sticks');
  });

  it('backs off from content that is rejected again and again, says so, and takes the good content that follows', async () => {
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
    await runtime.settled();
    expect(value()).toEqual({ n: 1 });
    await until('the pause is over', () => (value() as { n: number }).n === 2);
    expect(runtime.status()).toMatchObject({ breaker: 'closed', drifted: false });
  });

  it('closes the breaker with a reload by hand that goes well', async () => {
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

  it('never backs off where that is not wanted', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime } = await watching([source], { circuitBreaker: false });
    for (let i = 0; i < 20; i += 1) {
      source.set(new Error(`bad ${i}`));
      await runtime.settled();
    }
    expect(runtime.status()).toMatchObject({ breaker: 'closed', reloads: { rejected: 20 } });
  });

  it('defers versions beyond the rate limit, and applies the last', async () => {
    const source = new MemorySource({ n: 0 });
    const { runtime, value } = await watching([source], { rateLimit: { max: 2, per: 150 } });
    for (let n = 1; n <= 20; n += 1) {
      source.set({ n });
      await runtime.settled();
    }
    expect(runtime.status().reloads.applied).toBe(3);
    await until('the last one is applied', () => (value() as { n: number }).n === 20);
    expect(runtime.status().reloads.applied).toBe(4);
  });
});

describe('A reload', () => {
  it('reads no file in the middle of a save, whoever asks for it, and reads all of it afterwards', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'a: 1\nfill: none\nb: 1\n');
    const source = new MemorySource({ n: 1 });
    const { runtime, value, reload, results } = await watching([file(path), source], { debounce: 20 });
    const writer = await open(path, 'r+');
    await writer.write('a: 2\n', 0);
    await until('the save is noticed', () => runtime.auto.writeActivity.inProgress);
    source.set({ n: 2 });
    const asked = reload();
    await delay(60);
    expect(results).toHaveLength(1);
    await writer.write('b: 2\n', 'a: 2\nfill: none\n'.length);
    await writer.close();
    expect(await asked).toMatchObject({ outcome: 'applied', version: 2 });
    expect(value()).toEqual({ a: 2, fill: 'none', b: 2, n: 2 });
  });

  it('reads again where a save begins while it reads', async () => {
    let unrest = { begun: 0, underWay: false };
    let saving = true;
    const source = new MemorySource({ n: 1 });
    const load = source.load.bind(source);
    source.load = async () => {
      const layer = await load();
      if (saving) {
        saving = false;
        source.set({ n: 2 });
        unrest = { begun: 1, underWay: true };
        setTimeout(() => (unrest = { begun: 1, underWay: false }), 20);
      }
      return layer;
    };
    const generation = await collectWhenQuiet(contextOf(source), { activity: () => unrest, maxWait: 10_000 });
    expect(generation.layers.get(source)?.tree).toEqual({ n: 2 });
    expect(source.loads).toBe(2);
  });

  it('takes what could not be read in the middle of a save for no failure', async () => {
    let begun = 0;
    const source = new MemorySource({ n: 1 });
    const load = source.load.bind(source);
    source.load = () => {
      begun += begun === 0 ? 1 : 0;
      return source.loads > 0 ? load() : (load(), Promise.reject(new Error('cut off')));
    };
    const generation = await collectWhenQuiet(contextOf(source), {
      activity: () => ({ started: begun, inProgress: false }),
      maxWait: 10_000,
    });
    expect(generation.layers.get(source)?.tree).toEqual({ n: 1 });
  });

  it('waits for files that never come to rest for a while only, and reads them as they are', async () => {
    const source = new MemorySource({ n: 1 });
    let begun = 0;
    const generation = await collectWhenQuiet(contextOf(source), {
      activity: () => ({ started: (begun += 1), inProgress: true }),
      maxWait: 30,
    });
    expect(generation.layers.get(source)?.tree).toEqual({ n: 1 });
    source.set(new Error('gone'));
    const failing = collectWhenQuiet(contextOf(source), {
      activity: () => ({ started: (begun += 1), inProgress: true }),
      maxWait: 0,
    });
    await expect(failing).rejects.toThrow('gone');
  });
});

describe('The safety poll', () => {
  it('says in the log what a watcher has to warn of', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 0\n');
    const follow = vi.spyOn(DirectoryWatches.prototype, 'follow').mockResolvedValue();
    onTestFinished(() => follow.mockRestore());
    const { runtime, value, log } = await watching([file(path)], { safetyPoll: 20, pollInterval: 10 });
    let n = 0;
    await until('the file is polled', () => {
      if ((value() as { n: number }).n === n) folder.write('app.yaml', `n: ${(n += 1)}\n`);
      return runtime.status().pollingFiles.includes(path);
    });
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining(path)]);
  });

  it('counts a change that it finds once', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 1\n');
    // No directory is watched: every event is lost.
    const follow = vi.spyOn(DirectoryWatches.prototype, 'follow').mockResolvedValue();
    onTestFinished(() => follow.mockRestore());
    const { runtime, value } = await watching([file(path)], { safetyPoll: 30 });
    folder.write('app.yaml', 'n: 2\n');
    await until('it is found', () => (value() as { n: number }).n === 2);
    await delay(100);
    expect(runtime.status().missedEvents).toBe(1);
  });

  it.each(['n: 2\n', 'n: [2\n'])(
    'counts a change once that comes between its look at the file and the reading of it: %j',
    async (text) => {
      const folder = new TempFolder();
      const path = folder.write('app.yaml', 'n: 1\n');
      const follow = vi.spyOn(DirectoryWatches.prototype, 'follow').mockResolvedValue();
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
  it('wins over the others, is watched from then on, and no longer when it is removed', async () => {
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

  it('is not added where the reload is rejected, is not watched, and leaves no drift', async () => {
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

  it('that is rejected does not take down with it what another source said at the same moment', async () => {
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

  it('is kept apart from others that are added at the same time', async () => {
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

  it('that is removed is closed, once, and the others are not', async () => {
    const [a, b] = [new MemorySource({ a: 1 }, 'a'), new MemorySource({ b: 1 }, 'b')];
    const { runtime } = await watching([a, b]);
    await runtime.sources.change((sources) => sources.filter((source) => source !== b));
    expect([a.closed, b.closed]).toEqual([0, 1]);
    await runtime.stop();
    expect([a.closed, b.closed]).toEqual([1, 1]);
  });

  it('stays, with the layer it keeps, where its removal is rejected', async () => {
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

  it('that fails to close is warned about, and the others are closed', async () => {
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

  it('counts by its place: the same sources in another order are another configuration', async () => {
    const [a, b] = [new MemorySource({ n: 'a' }, 'a'), new MemorySource({ n: 'b' }, 'b')];
    const { runtime, value } = await booted([a, b]);
    expect(value()).toEqual({ n: 'b' });
    expect((await runtime.sources.change(() => [b, a])).outcome).toBe('applied');
    expect(value()).toEqual({ n: 'a' });
  });
});

describe('The watches of sources', () => {
  it('are begun once and ended once, in whatever haste the list of sources changes', async () => {
    const counts = { begun: 0, ended: 0 };
    const slow = (name: string): ConfigSource =>
      Object.assign(new MemorySource({}, name), {
        watch: async () => {
          counts.begun += 1;
          await delay(1);
          return { close: async () => void (await delay(1), (counts.ended += 1)) };
        },
      });
    const [a, b, c] = [slow('a'), slow('b'), slow('c')];
    const watches = new SourceWatches({
      files: undefined as never,
      changed: () => {},
      warn: () => {},
      verbose: () => {},
    });
    await Promise.all([[a, b], [a, b], [b, c], [a, b, c], []].map((sources) => watches.follow(sources)));
    expect(counts).toEqual({ begun: 4, ended: 4 });
  });

  it('are none for a source that cannot change', async () => {
    const watches = new SourceWatches({
      files: undefined as never,
      changed: () => {},
      warn: () => {},
      verbose: () => {},
    });
    const constant: ConfigSource = { name: 'constant', load: () => Promise.reject(new Error('not asked')) };
    await expect(watches.follow([constant])).resolves.toBeUndefined();
    await expect(watches.follow([])).resolves.toBeUndefined();
  });
});

/** Real time is not waited for where something hangs. */
async function inFakeTime(run: () => Promise<void>): Promise<void> {
  vi.useFakeTimers();
  try {
    await run();
  } finally {
    vi.useRealTimers();
  }
}

describe('A watch that hangs', () => {
  it('keeps the app from nothing, and is taken when it begins at last', async () => {
    const close = vi.fn<() => void>();
    let begin: ((handle: { close: () => void }) => void) | undefined;
    const slow = Object.assign(new MemorySource({ n: 1 }, 'slow'), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (begin = resolve)),
    });
    const { runtime, log } = await booted([slow]);
    await inFakeTime(async () => {
      const started = runtime.start();
      await vi.advanceTimersByTimeAsync(5_000);
      await started;
    });
    expect(log).toContain('warn: slow takes its time to be watched: the app goes on without it until it is.');
    begin!({ close });
    await runtime.disable();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('is ended when it begins after nobody wants it any more', async () => {
    const close = vi.fn<() => void>();
    let begin: ((handle: { close: () => void }) => void) | undefined;
    const slow = Object.assign(new MemorySource({ n: 1 }, 'slow'), {
      watch: () => new Promise<{ close: () => void }>((resolve) => (begin = resolve)),
    });
    const { runtime } = await booted([slow]);
    await inFakeTime(async () => {
      const started = runtime.start();
      await vi.advanceTimersByTimeAsync(5_000);
      await started;
    });
    await runtime.disable();
    expect(close).not.toHaveBeenCalled();
    begin!({ close });
    await until('it is ended', () => close.mock.calls.length === 1);
  });

  it('that fails after all is told of as any other', async () => {
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
    await until('it is told', () => log.some((line) => line.includes('cannot be watched')));
    expect(log.at(-1)).toContain('slow cannot be watched (no such channel)');
  });
});

describe('The end', () => {
  it('waits neither for a watch nor for a source that does not end, and says which', async () => {
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
      'warn: The watch of memory has not ended in 5000 ms, and is left to itself.',
      'warn: other could not be closed: no answer within 5000 ms',
    ]);
  });

  it('does not wait for a source that never answers', async () => {
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
