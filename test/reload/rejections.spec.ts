import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { IsInt, Max } from 'class-validator';
import {
  ConfigParseError,
  ConfigSourceError,
  type ConfigTree,
  file,
  type HotConfigModuleOptions,
  type SourceLoadContext,
  type ConfigValidator,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { booted } from './support/runtime.js';

class LimitedConfig {
  @IsInt()
  @Max(10)
  n = 1;
}

/** A source with a function that sets its content, and then reloads as a watch event does. */
async function playing() {
  const source = new MemorySource({ n: 1 });
  const bench = await booted([source], { schema: LimitedConfig });
  const save = (n: number) => {
    source.set({ n });
    return bench.runtime.reload({ cause: 'file' });
  };
  return { ...bench, source, save };
}

describe('Rejected content', () => {
  it('does not hide the good content that follows it', async () => {
    const { save, value } = await playing();
    expect((await save(11)).outcome).toBe('rejected');
    expect(await save(2)).toMatchObject({ outcome: 'applied', version: 2 });
    expect(value()).toEqual({ n: 2 });
  });

  it('that changes back to the content in force is unchanged, and ends the drift', async () => {
    const { save, runtime } = await playing();
    const before = runtime.core.store.current;
    await save(11);
    expect(runtime.status().drifted).toBe(true);
    expect(await save(1)).toMatchObject({ outcome: 'unchanged', version: 1 });
    expect(runtime.core.store.current).toBe(before);
    expect(runtime.status()).toMatchObject({ drifted: false, lastError: { code: 'CONFIG_VALIDATION' } });
  });

  it('is judged, logged and counted once, however many watch events follow', async () => {
    const { save, runtime, log, results } = await playing();
    const first = await save(11);
    const [second, third] = [await save(11), await save(11)];
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(runtime.status().reloads.rejected).toBe(1);
    expect(results).toHaveLength(2);
    expect(log.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });

  it('is judged and reported again by a manual reload', async () => {
    const { save, reload, runtime } = await playing();
    const first = await save(11);
    const second = await reload();
    expect(second).toMatchObject({ outcome: 'rejected', cause: 'manual' });
    expect(second).not.toBe(first);
    expect(runtime.status().reloads.rejected).toBe(2);
  });

  it('is judged again when it comes back after other content, good or bad', async () => {
    const { save, runtime } = await playing();
    for (const n of [11, 12, 11, 2, 11]) await save(n);
    expect(runtime.status().reloads).toEqual({ applied: 2, unchanged: 0, rejected: 4 });
  });

  it('is skipped by audits, which look for unseen content only', async () => {
    const { save, runtime, source } = await playing();
    const rejection = await save(11);
    const audit = (kind: 'safety-poll' | 'catch-up') => runtime.reload({ cause: 'file', audit: kind });
    expect(await audit('safety-poll')).toBe(rejection);
    source.set({ n: 2 });
    expect(await audit('catch-up')).toMatchObject({ outcome: 'applied', cause: 'file' });
    expect(await audit('safety-poll')).toMatchObject({ outcome: 'unchanged', version: 2 });
    expect(runtime.status().reloads).toEqual({ applied: 2, unchanged: 0, rejected: 1 });
    source.set({ n: 12 });
    expect((await audit('safety-poll')).outcome).toBe('rejected');
    expect(runtime.status()).toMatchObject({ drifted: true, missedEvents: 1 });
  });
});

describe('Content that is rejected because of one source', () => {
  /** Two sources, and a limit for the value of the first. */
  async function two(options: HotConfigModuleOptions = {}) {
    const [a, b] = [new MemorySource({ n: 1 }, 'a'), new MemorySource({ m: 0 }, 'b')];
    const limit: ConfigValidator<object> = (tree) =>
      'n' in tree && Number(tree.n) > 10 ? { path: 'n', message: 'n is too large' } : undefined;
    const bench = await booted([a, b], { validators: [limit], ...options });
    const reload = () => bench.runtime.reload({ cause: 'file' });
    const save = (source: MemorySource, tree: ConfigTree | Error) => {
      source.set(tree);
      return reload();
    };
    const problems = () => bench.log.filter((line) => /^(error|warn)/.test(line));
    return { ...bench, a, b, save, problems };
  }

  it.each([
    ['cannot be read', new Error('the disk is gone')],
    ['has a wrong value', { n: 11 }],
  ])(
    'that %s is logged and counted once, and the changes of another one are said to wait once',
    async (_what, content) => {
      const { a, b, save, problems, runtime, results, value } = await two();
      const first = await save(a, content);
      for (let m = 1; m <= 50; m += 1) expect(await save(b, { m })).toBe(first);
      expect(problems()).toEqual([
        expect.stringMatching(/^error: Configuration rejected at \w+, keeping version 1:/),
        expect.stringMatching(
          /^warn: b has changed\. This is applied when a is valid \(rejected since .*\)\.$/,
        ),
      ]);
      expect(runtime.status().reloads.rejected).toBe(1);
      expect(results).toHaveLength(2);
      expect(await save(a, { n: 2 })).toMatchObject({ outcome: 'applied' });
      expect(value()).toEqual({ n: 2, m: 50 });
    },
  );

  it('says again in one line that it is rejected when other content of it has the same problem', async () => {
    const { a, save, problems } = await two();
    await save(a, { n: 11 });
    await save(a, { n: 12 });
    await save(a, { n: 13 });
    expect(problems().slice(1)).toEqual(
      Array(2).fill(
        expect.stringMatching(
          /^error: Configuration still rejected at validate, keeping version 1: a:2:1 n is too large \(file, [\d.]+ ms; rejected since .*\)$/,
        ),
      ),
    );
  });

  it('is logged in full when it has another problem, with the start of the rejection', async () => {
    const { a, save, problems } = await two();
    await save(a, { n: 11 });
    await save(a, new Error('the disk is gone'));
    expect(problems().at(-1)).toMatch(
      /^error: Configuration rejected at collect, keeping version 1:\n {2}a {2}could not be loaded: the disk is gone\n {2}\(file, [\d.]+ ms; rejected since .*\)$/,
    );
  });

  it('names the other source too when that is broken, too', async () => {
    const { a, b, save, problems } = await two();
    await save(a, new Error('the disk is gone'));
    await save(b, new Error('the network is gone'));
    expect(problems()).toHaveLength(2);
    expect(problems().at(-1)).toMatch(/a {2}could not .*disk is gone\n.*b {2}could not .*network is gone\n/);
  });

  it('is the fault of what has changed if the problem has no place', async () => {
    const sum: ConfigValidator<object> = (tree) =>
      'n' in tree && 'm' in tree && Number(tree.n) + Number(tree.m) > 10 ? 'the sum is too large' : undefined;
    const { a, b, save, problems, runtime } = await two({ validators: [sum] });
    await save(a, { n: 11 });
    await save(b, { m: 1 });
    expect(problems()).toHaveLength(2);
    expect(problems().at(-1)).toMatch(/^warn: b has changed\. This is applied when a is valid/);
    expect(runtime.status().reloads.rejected).toBe(1);
  });

  it('does not say that a change waits that was undone', async () => {
    const { a, b, save, problems, runtime } = await two();
    await save(a, { n: 11 });
    b.set({ m: 1 });
    await runtime.reload({ cause: 'manual' });
    await save(b, { m: 0 });
    expect(problems().filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it('is reported in full by a manual reload, whatever else has changed', async () => {
    const { a, b, save, runtime, problems } = await two();
    const first = await save(a, { n: 11 });
    b.set({ m: 1 });
    const second = await runtime.reload({ cause: 'manual' });
    expect(second).toMatchObject({ outcome: 'rejected', cause: 'manual' });
    expect(second).not.toBe(first);
    expect(problems().at(-1)).toMatch(/^error: Configuration still rejected at validate/);
  });

  it.each([
    ['unchanged', { n: 1 }],
    ['applied', { n: 2 }],
  ])('ends with one line at the level log, also if the fix is %s', async (outcome, fix) => {
    const { a, save, log } = await two();
    await save(a, { n: 11 });
    await save(a, fix);
    expect(log.at(-1)).toMatch(
      new RegExp(
        `^log: Configuration .*${outcome}.*\\(file, .*\\)(: n from a)?\\. The content of the sources was rejected from .* until now$`,
      ),
    );
    await save(a, { n: 3 });
    expect(log.at(-1)).toMatch(
      /^log: Configuration version \d applied \(file, 1 change, [\d.]+ ms\): n from \S+$/,
    );
  });

  it('does not end with an override or a rollback, which leave the sources as they are', async () => {
    const { a, save, log, runtime } = await two();
    await save(a, { n: 11 });
    await runtime.core.overrides.set('m', 7, {});
    expect(log.filter((line) => line.includes('until now'))).toEqual([]);
    await save(a, { n: 2 });
    expect(log.filter((line) => line.includes('until now'))).toHaveLength(1);
  });
});

describe('A file', () => {
  it('with an error in its syntax or against the schema is reported with line and column', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 1\n');
    const { reload } = await booted([file(path)], { schema: LimitedConfig, settleTimeout: 0 });
    folder.write('app.yaml', 'n: 1\nm: [1, 2\n');
    const syntax = await reload();
    if (syntax.outcome !== 'rejected') throw new Error('it must be rejected');
    expect(syntax.error).toBeInstanceOf(ConfigParseError);
    expect(syntax.error.message).toMatch(/app\.yaml:\d+:\d+ /);
    folder.write('app.yaml', '# a comment\nn: 77\n');
    const schema = await reload();
    expect(schema.issues).toMatchObject([{ path: 'n', origin: { line: 2, column: 4 } }]);
  });

  it('that is missing or empty for a moment is read again, and never becomes an empty configuration', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.json', '{"n": 1}');
    const { reload, value, runtime } = await booted([file(path)], { settleTimeout: 10_000 });
    rmSync(path);
    const gone = reload();
    setTimeout(() => folder.write('app.json', ''), 40);
    setTimeout(() => folder.write('app.json', '{"n": '), 80);
    setTimeout(() => folder.write('app.json', '{"n": 2}'), 120);
    expect(await gone).toMatchObject({ outcome: 'applied', version: 2 });
    expect(value()).toEqual({ n: 2 });
    expect(runtime.status().reloads.rejected).toBe(0);
  });

  it('that stays missing is rejected after settleTimeout, and later reloads do not wait again', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.json', '{"n": 1}');
    const settleTimeout = 300;
    const source = file(path);
    const { runtime, value, reload } = await booted([source], { settleTimeout });
    rmSync(path);
    const loading = vi.spyOn(source, 'load');
    const started = performance.now();
    expect((await runtime.reload({ cause: 'file' })).outcome).toBe('rejected');
    expect(performance.now() - started).toBeGreaterThanOrEqual(settleTimeout - 1);
    loading.mockClear();
    expect((await reload()).outcome).toBe('rejected');
    expect(loading.mock.calls.map(([{ final }]) => final)).toEqual([false, true]); // a first attempt, and the final one
    expect(value()).toEqual({ n: 1 });
  });
});

describe('Content that looks unfinished', () => {
  const unfinished = (revision: string) =>
    new ConfigSourceError('cut off', [{ path: '', message: 'is cut off' }], { transient: true, revision });

  /** A source whose loads have these results, one after the other; the last one repeats. */
  async function answering(settleTimeout: number) {
    const source = new MemorySource({ n: 1 });
    const good = source.load.bind(source);
    const bench = await booted([source], { settleTimeout });
    const finals: boolean[] = [];
    let answers: (() => ReturnType<typeof good>)[] = [];
    source.load = ((context: SourceLoadContext) => {
      finals.push(context.final);
      return (answers.length > 1 ? answers.shift()! : answers[0]!)();
    }) as typeof source.load;
    return { ...bench, source, finals, good, answer: (...next: typeof answers) => (answers = next) };
  }

  it('is loaded again until it is complete', async () => {
    const { reload, source, finals, good, answer } = await answering(10_000);
    source.set({ n: 2 });
    answer(
      () => Promise.reject(unfinished('half')),
      () => Promise.reject(unfinished('more')),
      good,
    );
    expect((await reload()).outcome).toBe('applied');
    expect(finals).toEqual([false, false, false]);
  });

  it('is used unchanged at the end of settleTimeout', async () => {
    const { reload, source, finals, good, answer } = await answering(60);
    source.set({ n: 2 });
    answer(() => Promise.reject(unfinished('half')));
    const result = reload();
    setTimeout(() => answer(() => (finals.at(-1) ? good() : Promise.reject(unfinished('half')))), 5);
    expect((await result).outcome).toBe('applied');
    expect(finals.at(-1)).toBe(true);
    expect(finals.slice(0, -1).every((final) => !final)).toBe(true);
  });

  it('is not waited for if the same content failed before, but is if the content is new', async () => {
    const settleTimeout = 60;
    const { reload, finals, answer } = await answering(settleTimeout);
    answer(() => Promise.reject(unfinished('half')));
    await reload();
    finals.length = 0;
    expect((await reload()).outcome).toBe('rejected');
    expect(finals).toEqual([false, true]);
    answer(() => Promise.reject(unfinished('another')));
    finals.length = 0;
    const started = performance.now();
    await reload();
    expect(performance.now() - started).toBeGreaterThanOrEqual(settleTimeout - 1);
    expect(finals.at(-1)).toBe(true);
  });

  it('does not delay the loads of other sources in the same reload', async () => {
    const slow = new MemorySource({ slow: 1 }, 'slow');
    const fast = new MemorySource({ fast: 1 }, 'fast');
    const { reload, value } = await booted([slow, fast], { settleTimeout: 100 });
    slow.set(unfinished('half'));
    fast.set({ fast: 2 });
    const loads = fast.loads;
    expect((await reload()).outcome).toBe('rejected');
    expect(fast.loads).toBe(loads + 1);
    slow.set({ slow: 2 });
    await reload();
    expect(value()).toEqual({ slow: 2, fast: 2 });
  });
});
