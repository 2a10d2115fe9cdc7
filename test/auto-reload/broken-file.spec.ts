import { mkdirSync } from 'node:fs';
import { directory, file, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
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
        /^warn: \S+\/b has changed\. This is applied when \S+\/a\.yaml is valid \(rejected since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)\.$/,
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

describe('A source that reports its changes itself', () => {
  it('is delayed after repeated rejections, while saves of files are applied', async () => {
    const own = new MemorySource({ own: 1 }, 'own');
    const folder = new TempFolder();
    folder.write('a.yaml', 'a: 1\n');
    const { runtime, value } = await booted([own, file(folder.file('a.yaml'))], {
      debounce: 5,
      circuitBreaker: { failures: 2, delay: 600_000 },
      validators: [(tree) => ('bad' in tree ? { path: 'bad', message: 'is bad' } : undefined)],
    });
    await runtime.start();
    for (const bad of [1, 2]) {
      own.set({ bad });
      await until('it is rejected', () => runtime.status().reloads.rejected === bad);
    }
    expect(runtime.status().breaker).toBe('open');
    const loads = own.loads;
    own.set({ own: 2 });
    await runtime.settled();
    expect(own.loads).toBe(loads);
    folder.write('a.yaml', 'a: 2\n');
    await until('the file is applied, and with it what waited', () => runtime.status().version === 2);
    expect(value()).toEqual({ own: 2, a: 2 });
    expect(runtime.status().breaker).toBe('closed');
  });
});
