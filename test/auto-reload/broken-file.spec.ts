import { mkdirSync } from 'node:fs';
import {
  type ConfigSource,
  type ConfigTree,
  directory,
  file,
  type HotConfigModuleOptions,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { useFakeClock } from '../support/fake-clock.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { booted } from '../reload/support/runtime.js';

/** An app that watches a file and a directory beside it. */
async function watching(options: HotConfigModuleOptions = {}) {
  const folder = new TempFolder();
  folder.write('a.yaml', 'a: 1\n');
  mkdirSync(folder.file('b'));
  folder.write('b/b.yaml', 'b: 0\n');
  const sources = [file(folder.file('a.yaml')), directory(folder.file('b'))];
  const bench = await booted(sources, { debounce: 5, settleTimeout: 0, ...options });
  await bench.runtime.start();
  const logged = (start: string) => bench.log.filter((line) => line.startsWith(start));
  return { ...bench, folder, logged };
}

describe('While a file is broken', () => {
  it('there is one error and one warning, however often other files are saved', async () => {
    const { folder, runtime, logged, value } = await watching({
      circuitBreaker: { failures: 2, delay: 60_000 },
    });
    folder.write('a.yaml', 'a: [1\n');
    await until('the file is rejected', () => runtime.status().rejection);
    for (let n = 1; n <= 12; n += 1) {
      const seen = logged(`verbose: ${folder.file('b')} may have changed`).length;
      folder.write('b/b.yaml', `b: ${n}\n`);
      await until(
        'the save is seen',
        () => logged(`verbose: ${folder.file('b')} may have changed`).length > seen,
      );
      await runtime.settled();
    }
    expect(logged('error')).toHaveLength(1);
    expect(logged('warn')).toEqual([
      expect.stringMatching(
        /^warn: \S+\/b has changed\. This is applied when \S+\/a\.yaml is valid \(rejected since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\.$/,
      ),
    ]);
    expect(runtime.status()).toMatchObject({ breaker: 'closed', reloads: { rejected: 1 } });
    folder.write('a.yaml', 'a: 2\n');
    await until('all changes are applied', () => runtime.status().version === 2);
    expect(value()).toEqual({ a: 2, b: { b: 12 } });
  });

  it('each save of it is read at once, however many were rejected before', async () => {
    const { folder, runtime, logged, value } = await watching({
      circuitBreaker: { failures: 1, delay: 600_000 },
    });
    for (let count = 1; count <= 5; count += 1) {
      folder.write('a.yaml', `${'# again\n'.repeat(count)}a: [1\n`);
      await until('the save is rejected', () => logged('error').length === count);
    }
    expect(runtime.status().breaker).toBe('closed');
    folder.write('a.yaml', 'a: 2\n');
    await until('the fix is applied', () => runtime.status().version === 2);
    expect(value()).toMatchObject({ a: 2 });
  });
});

describe('A change that a caller requests', () => {
  it('opens no breaker, however often it is refused: a good save, and what a source reports, is applied at once', async () => {
    const own = new MemorySource({ own: 1 }, 'own');
    const folder = new TempFolder();
    folder.write('a.yaml', 'a: 1\n');
    const { runtime, value, log } = await booted([own, file(folder.file('a.yaml'))], {
      debounce: 5,
      circuitBreaker: { failures: 3, delay: 600_000 },
      validators: [(tree) => ('bad' in tree ? { path: 'bad', message: 'is bad' } : undefined)],
    });
    await runtime.start();
    for (let count = 0; count < 10; count += 1) {
      expect(await runtime.manager.set('bad', count)).toMatchObject({ outcome: 'rejected' });
      expect(await runtime.manager.rollback(7)).toMatchObject({ outcome: 'rejected' });
      own.set({ bad: count });
      expect(await runtime.manager.reload()).toMatchObject({ outcome: 'rejected' });
      await runtime.settled();
    }
    expect(runtime.status()).toMatchObject({ breaker: 'closed' });
    own.set({ own: 2 });
    await until('it is applied', () => runtime.status().version === 2);
    folder.write('a.yaml', 'a: 2\n');
    await until('the save is applied', () => runtime.status().version === 3);
    expect(value()).toEqual({ own: 2, a: 2 });
    expect(log.filter((line) => line.includes('circuit breaker'))).toEqual([]);
  });
});

describe('A source that reports its changes itself', () => {
  it('is delayed after repeated rejections, while saves of files are applied', async () => {
    const own = new MemorySource({ own: 1 }, 'own');
    const folder = new TempFolder();
    folder.write('a.yaml', 'a: 1\n');
    const { runtime, value, log } = await booted([own, file(folder.file('a.yaml'))], {
      debounce: 5,
      circuitBreaker: { failures: 2, delay: 600_000 },
      validators: [(tree) => ('bad' in tree ? { path: 'bad', message: 'is bad' } : undefined)],
    });
    await runtime.start();
    for (const bad of [1, 2]) {
      own.set({ bad });
      await until('it is rejected', () => runtime.status().reloads.rejected === bad);
    }
    expect(runtime.status()).toMatchObject({
      breaker: 'open',
      openBreakers: [{ source: 'own', rejections: 2 }],
    });
    const loads = own.loads;
    own.set({ own: 2 });
    await runtime.settled();
    expect(own.loads).toBe(loads);
    folder.write('a.yaml', 'a: 2\n');
    await until('the file is applied, and with it what waited', () => runtime.status().version === 2);
    expect(value()).toEqual({ own: 2, a: 2 });
    expect(runtime.status().breaker).toBe('closed');
    expect(runtime.status()).not.toHaveProperty('openBreakers');
    expect(log.filter((line) => line.includes('circuit breaker'))).toEqual([
      expect.stringMatching(
        /^warn: The circuit breaker of own has opened: .* because: own:\d.*bad is bad\. The next/,
      ),
      'log: The circuit breaker of own has closed: what it reports is read at once again.',
    ]);
  });

  it('about a file, but later than the file watcher has called it, is not delayed', async () => {
    const folder = new TempFolder();
    folder.write('list', '1');
    let content: object = { n: 1 };
    const slow: ConfigSource = {
      name: 'slow',
      load: async () => ({
        source: 'slow',
        tree: content as ConfigTree,
        hash: JSON.stringify(content),
        revision: '',
        locate: () => undefined,
      }),
      watch: (context) =>
        context.files.watch(
          { path: folder.file('list'), kind: 'file' },
          () => void setImmediate(() => context.changed()),
        ),
    };
    const { runtime, value } = await booted([slow], {
      debounce: 5,
      circuitBreaker: { failures: 1, delay: 600_000 },
      validators: [(tree) => ('bad' in tree ? 'is bad' : undefined)],
    });
    await runtime.start();
    content = { bad: 1 };
    folder.write('list', '2');
    await until('it is rejected', () => runtime.status().reloads.rejected === 1);
    content = { n: 2 };
    folder.write('list', '3');
    await until('the next save is applied', () => runtime.status().version === 2);
    expect(value()).toEqual({ n: 2 });
    expect(runtime.status().breaker).toBe('closed');
  });
});

describe('The safety poll', () => {
  it('keeps to the rate limit', async () => {
    useFakeClock();
    const deaf = Object.assign(new MemorySource({ n: 1 }, 'deaf'), { watch: () => undefined as never });
    const { runtime, value } = await booted([deaf], {
      safetyPoll: 10,
      rateLimit: { max: 1, per: 1_000 },
    });
    await runtime.start();
    const polls = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      await runtime.settled();
    };
    deaf.set({ n: 2 });
    await polls(10);
    expect(value()).toEqual({ n: 2 });
    deaf.set({ n: 3 });
    const loads = deaf.loads;
    for (let n = 1; n <= 20; n += 1) await polls(10);
    expect(value()).toEqual({ n: 2 });
    expect(deaf.loads).toBe(loads);
    await polls(1_000);
    expect(value()).toEqual({ n: 3 });
  });
});
