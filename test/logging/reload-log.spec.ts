import { ConsoleLogger, Logger } from '@nestjs/common';
import type { ConfigTree } from 'nestjs-hot-config';
import { settled } from 'nestjs-hot-config/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { startApp } from '../support/start-app.js';
import { booted } from '../reload/support/runtime.js';

describe('The log', () => {
  it('has one line for a reload: version, cause, number of changes, duration, paths and source', async () => {
    const source = new MemorySource({ a: 1, b: 1 });
    const { reload, log } = await booted([source]);
    expect(log).toEqual([
      expect.stringMatching(/^log: Configuration version 1 applied \(boot, [\d.]+ ms\)$/),
    ]);
    source.set({ a: 2, b: 2 });
    await reload();
    expect(log.slice(1)).toEqual([
      expect.stringMatching(
        /^log: Configuration version 2 applied \(manual, 2 changes, [\d.]+ ms\): a, b from memory$/,
      ),
    ]);
    source.set({ a: 3, b: 2 });
    await reload();
    expect(log.at(-1)).toMatch(/\(manual, 1 change, /);
  });

  it('names the first few changed paths, without values, control characters, or unlimited length', async () => {
    const source = new MemorySource({ a: 1 }, 'first');
    const { runtime, reload, log } = await booted([source, new MemorySource({ z: 1 }, 'second')]);
    source.set({ a: 1, 'x\nERROR forged\u001b[31m': 'CANARY-swordfish', ['k'.repeat(100_000)]: 1 });
    await reload();
    expect(log.at(-1)).toMatch(
      /^log: Configuration version 2 applied \(manual, 2 changes, [\d.]+ ms\): .*ERROR forged\\u001b.* from first$/,
    );
    expect(log.at(-1)).not.toContain('CANARY-swordfish');
    expect(log.at(-1)!.length).toBeLessThan(400);
    source.set(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, 1])));
    await reload();
    expect(log.at(-1)).toMatch(
      /: key0, key1, key2, key3, key4 and 4998 more from first(\. All requests waited .*)?$/,
    );
    expect(log.at(-1)!.length).toBeLessThan(700);
    await runtime.manager.set('z', 2, { actor: 'ann' });
    expect(log.at(-1)).toMatch(/\(override by ann: z set, 1 change, [\d.]+ ms\): z$/);
  });

  it('has reloads that found nothing new at the level verbose only', async () => {
    const { reload, log } = await booted([new MemorySource({ a: 1 })]);
    await reload();
    expect(log.at(-1)).toMatch(/^verbose: Configuration unchanged, still version 1 \(manual, [\d.]+ ms\)$/);
  });

  it('has the cause and the duration of a rejected reload after its issues', async () => {
    const source = new MemorySource({ a: 1 });
    const { reload, log } = await booted([source]);
    source.set(new Error('the disk is gone'));
    await reload();
    expect(log.at(-1)).toMatch(
      /^error: Configuration rejected at collect, keeping version 1:\n {2}memory {2}could not be loaded: the disk is gone\n {2}\(manual, [\d.]+ ms\)$/,
    );
  });

  it('has the actor and the reason of a reload, with line breaks escaped', async () => {
    const source = new MemorySource({ a: 1 });
    const { runtime, log } = await booted([source]);
    source.set({ a: 2 });
    await runtime.reload({ cause: 'manual', actor: 'uid 1000', reason: 'deploy 7\nERROR forged\u001b[31m' });
    expect(log.at(-1)).toMatch(
      /^log: Configuration version 2 applied \(manual by uid 1000: deploy 7\\u000aERROR forged\\u001b\[31m, 1 change, /,
    );
    source.set({ a: 3 });
    await runtime.reload({ cause: 'manual', reason: 'x'.repeat(100_000) });
    expect(log.at(-1)!.length).toBeLessThan(400);
  });

  it('has no values, neither old nor new', async () => {
    const source = new MemorySource({ password: 'hunter2' });
    const { reload, log } = await booted([source]);
    source.set({ password: 'hunter3' });
    await reload();
    expect(log.join('\n')).not.toContain('hunter');
  });

  it('says in the line of a reload what lasts after a rollback, and when that and a required restart are over', async () => {
    const source = new MemorySource({ n: 1, port: 1 });
    const { runtime, reload, log } = await booted([source], { restartRequired: ['port'] });
    const next = async (tree: ConfigTree) => {
      source.set(tree);
      await reload();
      return log.at(-1);
    };
    await next({ n: 2, port: 2 });
    expect(await next({ n: 2, port: 1 })).toMatch(
      /^log: Configuration unchanged, .*\)\. No restart is needed any more for port$/,
    );
    await runtime.core.rollbacks.run(1, {});
    expect(log.at(-1)).toMatch(
      /^log: Configuration version 3 applied \(rollback, .*\): n from memory\. The content of memory is not in force until it changes, or until a reload with force$/,
    );
    await reload();
    expect(log.at(-1)).toMatch(/^verbose: /);
    expect(await next({ n: 1, port: 1 })).toMatch(
      /^log: Configuration unchanged, .*\)\. The content of memory is no longer rolled back$/,
    );
  });

  it('has watch events and calls of handlers at the level verbose', async () => {
    const source = new MemorySource({ a: 1 });
    const { runtime, log } = await booted([source]);
    await runtime.start();
    let calls = 0;
    runtime.core.dispatcher.subscribe(
      'a',
      () => {
        calls += 1;
        if (calls === 1) throw new Error('not now');
      },
      { label: 'Follower.follow', retries: 1, retryDelay: 0 },
    );
    source.set({ a: 2 });
    await runtime.settled();
    expect(
      log
        .filter((line) => !line.startsWith('log: Configuration'))
        .map((line) => line.replace(/[\d.]+ ms/, '… ms')),
    ).toEqual([
      'verbose: memory may have changed',
      'error: Follower.follow failed on version 2 (attempt 1): not now; it will be called again',
      'verbose: Follower.follow is called again with version 2 (attempt 2)',
      'log: Follower.follow works again: it handled version 2 in … ms',
    ]);
  });

  it('names a handler that all requests had to wait for', async () => {
    const source = new MemorySource({ a: 1 });
    const { runtime, log } = await booted([source]);
    await runtime.start();
    const slow = () => {
      const end = performance.now() + 101;
      while (performance.now() < end);
    };
    runtime.core.dispatcher.subscribe(['a'], slow, { label: 'Follower.follow' });
    source.set({ a: 2 });
    await runtime.settled();
    expect(log.at(-1)).toMatch(
      /^log: Follower\.follow handled version 2 in [\d.]+ ms\. All requests waited \d+ ms for it$/,
    );
  });

  it('has the message of an error that a handler throws on one line, without control characters', async () => {
    const source = new MemorySource({ a: 1 });
    const { runtime, log } = await booted([source]);
    await runtime.start();
    const fail = () => {
      throw new Error('\u001b[2Jbad\r\nlog: Configuration applied');
    };
    runtime.core.dispatcher.subscribe('a', fail, { label: 'Follower.follow', retries: 0 });
    source.set({ a: 2 });
    await runtime.settled();
    expect(log).toContain(
      String.raw`error: Follower.follow failed on version 2 (attempt 1): \u001b[2Jbad\u000d\u000alog: Configuration applied`,
    );
  });
});

describe('The log in JSON', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    Logger.overrideLogger(undefined as never);
  });

  it('is one record for a reload, whatever its message', async () => {
    let written = '';
    const write = (chunk: string | Uint8Array) => {
      written += String(chunk);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(write);
    vi.spyOn(process.stderr, 'write').mockImplementation(write);
    const logger = new ConsoleLogger({ json: true, colors: false, logLevels: ['log', 'warn', 'error'] });
    const { app, change } = await startApp({ n: 1 }, {}, { logger, validators: [refuseNegatives] });
    await change({ n: 2 });
    await change({ n: -1 });
    await settled(app);
    const records = written
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; message: string; context: string; pid: number });
    expect(records.filter(({ context }) => context === 'HotConfig')).toEqual([
      expect.objectContaining({
        level: 'log',
        message: expect.stringContaining('version 1 applied (boot, '),
      }),
      expect.objectContaining({
        level: 'log',
        message: expect.stringContaining('version 2 applied (manual, 1 change, '),
      }),
      expect.objectContaining({
        level: 'error',
        message: expect.stringContaining(
          'keeping version 2:\n  memory:2:1  n must not be negative\n  (manual, ',
        ),
      }),
    ]);
  });
});

function refuseNegatives(value: object) {
  const { n } = value as { n: number };
  return n < 0 ? { path: 'n', message: 'n must not be negative' } : undefined;
}

describe('A mistake of a caller', () => {
  it('is not the last error, and not an error of the log: a value that is refused is a warning', async () => {
    const { runtime, log, results } = await booted([new MemorySource({ n: 1 })], {
      validators: [
        (tree) => ((tree as { n: number }).n > 9 ? { path: 'n', message: 'n is too large' } : undefined),
      ],
    });
    const { manager } = runtime;
    expect(await manager.set('n', 10, { actor: 'ann' })).toMatchObject({ outcome: 'rejected' });
    expect(log.at(-1)).toMatch(
      /^warn: Configuration rejected at validate, keeping version 1:\n.*n is too large\n {2}\(override by ann: n set, [\d.]+ ms\)$/,
    );
    const [lines, ended] = [log.length, results.length];
    expect(await manager.rollback(7)).toMatchObject({
      outcome: 'rejected',
      error: { code: 'CONFIG_ROLLBACK' },
    });
    expect(await manager.rollback({ steps: 3 })).toMatchObject({ outcome: 'rejected' });
    await expect(manager.set('', 1)).rejects.toThrow("'' is not a path");
    await expect(manager.set('n.0.', undefined)).rejects.toThrow('n.0.');
    expect([log.length, results.length]).toEqual([lines, ended]);
    expect(manager.status().lastError).toBeUndefined();
    expect(manager.status().reloads).toEqual({ applied: 1, unchanged: 0, rejected: 1 });
    expect(log.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('The last error', () => {
  it('says since when it is over', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source], {
      validators: [({ n }: { n?: number }) => (n === 9 ? 'n is 9' : undefined)] as never,
    });
    const { manager } = runtime;
    source.set({ n: 9 });
    await reload();
    await manager.set('m', 1); // the content of the source is still rejected
    expect(manager.status().lastError).toMatchObject({ stage: 'validate' });
    expect(manager.status().lastError).not.toHaveProperty('overSince');
    source.set({ n: 2 });
    await reload();
    const { overSince } = manager.status().lastError!;
    expect(overSince).toBeInstanceOf(Date);
    source.set({ n: 3 });
    await reload();
    expect(manager.status().lastError!.overSince).toBe(overSince);
    source.set({ n: 9 });
    await reload();
    expect(manager.status().lastError).not.toHaveProperty('overSince');
  });
});
