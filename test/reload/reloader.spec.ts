import 'reflect-metadata';
import { setImmediate as setImmediateCallback } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import { IsInt, Max } from 'class-validator';
import {
  ConfigParseError,
  ConfigValidationError,
  HotConfigError,
  file,
  type ConfigSource,
  type ConfigTree,
  type ConfigValidator,
  type ReloadResult,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { booted, runtimeOf } from './support/runtime.js';

class LimitedConfig {
  @IsInt()
  @Max(10)
  n = 1;
}

const noFive: ConfigValidator<object> = (candidate) =>
  Reflect.get(candidate, 'first') === 5 ? { path: 'first', message: 'must not be 5' } : undefined;

describe('A reload', () => {
  it('runs its stages in order, and reports the duration of each', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload } = await booted([source]);
    source.set({ n: 2 });
    const result = await reload();
    expect(result.stages.map(({ name }) => name)).toEqual([
      'collect',
      'merge',
      'validate',
      'prepare',
      'commit',
      'notify',
    ]);
    for (const { ms } of result.stages) expect(ms).toBeGreaterThanOrEqual(0);
    expect(result.durationMs).toBeGreaterThanOrEqual(result.stages.reduce((sum, { ms }) => sum + ms, 0));
  });

  it('reports the time of the code of the app by name: sources, schema, validators, vetoes', async () => {
    const busy = (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    async function checkBudget() {
      busy(2);
      await setImmediate();
    }
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source], { schema: LimitedConfig, validators: [checkBudget] });
    runtime.core.vetoes.add({
      label: 'Llm.check',
      timeout: 1_000,
      select: (changes) => changes,
      call: () => busy(5),
    });
    source.set({ n: 2 });
    const { calls } = await reload();
    expect(calls.map(({ name }) => name)).toEqual([
      'the load of memory',
      'the schema LimitedConfig',
      'the validator checkBudget',
      'Llm.check',
    ]);
    for (const { ms, heldMs } of calls) expect(ms).toBeGreaterThanOrEqual(heldMs);
    expect(calls[2]!.heldMs).toBeGreaterThanOrEqual(2);
    expect(calls[3]!.heldMs).toBeGreaterThanOrEqual(5);
    expect((await reload()).calls.map(({ name }) => name)).toEqual(['the load of memory']);
  });

  it('names in its line the code of the app that all requests had to wait for', async () => {
    const source = new MemorySource({ n: 1 });
    function slowCheck() {
      const end = performance.now() + 101;
      while (performance.now() < end);
    }
    const { reload, log } = await booted([source], { validators: [slowCheck] });
    expect(log.at(-1)).not.toContain('slowCheck');
    source.set({ n: 2 });
    await reload();
    expect(log.at(-1)).toMatch(
      /All requests waited for code of the app: the validator slowCheck for \d+ ms$/,
    );
  });

  it('reads a large file without holding the event loop, and its errors have positions', async () => {
    const folder = new TempFolder();
    const text = (first: string) =>
      `first: ${first}\n` + Array.from({ length: 10_000 }, (_, n) => `key${n}: value ${n}\n`).join('');
    const path = folder.write('app.yaml', text('1'));
    const { reload, value } = await booted([file(path)], { validators: [noFive] });
    folder.write('app.yaml', text('2'));
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediateCallback(count);
    };
    count();
    expect(await reload()).toMatchObject({ outcome: 'applied', changes: [{ path: 'first', current: 2 }] });
    isDone = true;
    expect(turns).toBeGreaterThan(50);
    expect(value()).toMatchObject({ first: 2, key9999: 'value 9999' });
    folder.write('app.yaml', text('5'));
    expect(await reload()).toMatchObject({
      outcome: 'rejected',
      issues: [{ path: 'first', message: 'first must not be 5', origin: { line: 1, column: 8 } }],
    });
    folder.write('app.yaml', text('[1'));
    expect(await reload()).toMatchObject({ outcome: 'rejected', issues: [{ origin: { line: 2 } }] });
  });

  it('reports its changes with old and new values, reason and actor', async () => {
    const source = new MemorySource({ a: { b: 1, gone: true }, same: 1 });
    const { runtime } = await booted([source]);
    source.set({ a: { b: 2, c: 3 }, same: 1 });
    const result = await runtime.reload({ cause: 'manual', reason: 'a new model', actor: 'anna' });
    expect(result).toMatchObject({
      outcome: 'applied',
      cause: 'manual',
      reason: 'a new model',
      actor: 'anna',
      version: 2,
      issues: [],
    });
    expect(result.changes).toEqual([
      { path: 'a.b', segments: ['a', 'b'], kind: 'changed', previous: 1, current: 2 },
      { path: 'a.c', segments: ['a', 'c'], kind: 'added', previous: undefined, current: 3 },
      { path: 'a.gone', segments: ['a', 'gone'], kind: 'removed', previous: true, current: undefined },
    ]);
  });

  it('is unchanged, and only collects, if the content of the sources is in force', async () => {
    const { reload, runtime, log } = await booted([new MemorySource({ n: 1 })]);
    const before = runtime.core.store.current;
    const result = await reload();
    expect(result).toMatchObject({ outcome: 'unchanged', version: 1, changes: [] });
    expect(result.stages.map(({ name }) => name)).toEqual(['collect']);
    expect(runtime.core.store.current).toBe(before);
    expect(log.at(-1)).toMatch(/^verbose: Configuration unchanged, still version 1 \(manual, [\d.]+ ms\)$/);
  });

  it('is unchanged if only comments, formatting and the order of keys differ, and remembers that', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'a: 1\nb: {c: [1, 2]}\n');
    const { reload, runtime } = await booted([file(path)]);
    const before = runtime.core.store.current;
    folder.write('app.yaml', '# a comment\nb:\n  c:\n    - 1\n    - 2\na: 1\n');
    const result = await reload();
    expect(result.outcome).toBe('unchanged');
    expect(result.stages.map(({ name }) => name)).toEqual(['collect', 'merge', 'validate']);
    expect(runtime.core.store.current).toBe(before);
    expect((await reload()).stages.map(({ name }) => name)).toEqual(['collect']);
  });

  it('keeps the same snapshot object when it is rejected', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload, runtime } = await booted([source], { schema: LimitedConfig });
    const before = runtime.core.store.current;
    const { value, hash } = before;
    source.set({ n: 11 });
    const result = await reload();
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'validate', version: 1, changes: [] });
    expect(runtime.core.store.current).toBe(before);
    expect(runtime.core.store.current.value).toBe(value);
    expect(runtime.core.store.current.hash).toBe(hash);
  });

  it('reports all problems with their positions in its error, its issues, the log and the status', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload, runtime, log } = await booted([source], { schema: LimitedConfig });
    source.set({ n: 11 });
    const result = await reload();
    if (result.outcome !== 'rejected') throw new Error('it must be rejected');
    expect(result.error).toBeInstanceOf(ConfigValidationError);
    expect(result.issues).toEqual(result.error.issues);
    const text =
      'Configuration rejected at validate, keeping version 1:\n  memory:2:1  n must not be greater than 10 (was 11)';
    expect(log.at(-1)).toMatch(/\n {2}\(manual, [\d.]+ ms\)$/);
    expect(log.at(-1)).toContain(`error: ${text}\n`);
    expect(runtime.status()).toMatchObject({
      drifted: true,
      reloads: { applied: 1, unchanged: 0, rejected: 1 },
      lastError: { code: 'CONFIG_VALIDATION', stage: 'validate', message: text, issues: result.issues },
    });
  });

  it('logs an applied version in one line', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload, log } = await booted([source]);
    source.set({ n: 2 });
    await reload();
    source.set({ n: 3, m: 1 });
    await reload();
    expect(log).toEqual([
      expect.stringMatching(/^log: Configuration version 1 applied \(boot, \d[\d.]* ms\)$/),
      expect.stringMatching(
        /^log: Configuration version 2 applied \(manual, 1 change, \d[\d.]* ms\): n from memory$/,
      ),
      expect.stringMatching(
        /^log: Configuration version 3 applied \(manual, 2 changes, \d[\d.]* ms\): n, m from memory$/,
      ),
    ]);
  });

  it('logs a rejection without issues by its summary', async () => {
    const { describeResult } = await import('../../lib/logging/describe-result.js');
    const error = new HotConfigError('The power went out', 'CONFIG_UNEXPECTED');
    const base = {
      cause: 'manual',
      stages: [],
      calls: [],
      durationMs: 12.6,
      issues: [],
      changes: [],
    } as const;
    expect(describeResult({ ...base, outcome: 'rejected', version: 3, stage: 'collect', error })).toBe(
      'Configuration rejected at collect, keeping version 3:\n  The power went out',
    );
    expect(describeResult({ ...base, outcome: 'unchanged', version: 3 })).toContain('(manual, 13 ms)');
  });

  it('notifies all listeners, even if one of them throws', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload, runtime, log } = await booted([source]);
    const remove = runtime.observers.add({
      ended: () => {
        throw new Error('no');
      },
    });
    const heard = vi.fn<(result: ReloadResult) => void>();
    runtime.observers.add({ ended: heard });
    await reload();
    remove();
    await reload();
    expect(heard).toHaveBeenCalledTimes(2);
    expect(log.filter((line) => line === 'error: An observer of reloads failed: no')).toHaveLength(1);
  });
});

describe('A boot', () => {
  it('throws its error, logs nothing, and closes the sources', async () => {
    const source = new MemorySource({ n: 11 });
    const { runtime, log, results } = runtimeOf({ sources: [source], schema: LimitedConfig });
    await expect(runtime.boot()).rejects.toThrow('n must not be greater than 10 (was 11)');
    expect(log).toEqual([]);
    expect(results).toMatchObject([{ outcome: 'rejected', cause: 'boot', version: 0 }]);
    expect(source.closed).toBe(1);
    expect(() => runtime.core.store.current).toThrow('before it was loaded');
  });

  it('calls no veto', async () => {
    const { runtime } = runtimeOf({ sources: [new MemorySource({ n: 1 })] });
    const call = vi.fn<() => void>();
    runtime.core.vetoes.add({ label: 'x', timeout: 100, select: (changes) => changes, call });
    await runtime.boot();
    expect(call).not.toHaveBeenCalled();
  });

  it('works without any source', async () => {
    const { value } = await booted([], { schema: LimitedConfig });
    expect(value()).toEqual({ n: 1 });
  });

  it('rejects a time that no timer supports', () => {
    for (const settleTimeout of [Number.NaN, Infinity, -1, 2 ** 31]) {
      expect(() => runtimeOf({ settleTimeout })).toThrow(
        'The option "settleTimeout" must be a number of milliseconds',
      );
    }
  });
});

describe('A source that fails', () => {
  const broken = (name: string) => {
    const source = new MemorySource({ [name]: 1 }, name);
    return source;
  };

  it('rejects the reload, and the error lists the issues of all failing sources', async () => {
    const [a, b, c] = [broken('a'), broken('b'), broken('c')];
    const { reload, runtime } = await booted([a, b, c]);
    a.set(new Error('a is down'));
    c.set(
      new ConfigParseError('c is malformed', [
        {
          path: '',
          message: 'a brace is missing',
          origin: { source: 'c', file: 'c.json', line: 3, column: 7 },
        },
      ]),
    );
    const result = await reload();
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'collect', version: 1 });
    if (result.outcome !== 'rejected') throw new Error('it must be rejected');
    expect(result.error.summary).toBe('2 sources could not be read');
    expect(result.issues.map(({ message }) => message)).toEqual([
      'could not be loaded: a is down',
      'a brace is missing',
    ]);
    expect(runtime.status().lastError?.message).toContain('c.json:3:7');
  });

  it('keeps its last good layer with a warning if `onError` is keep, while new content of others is applied', async () => {
    const kept = new MemorySource({ kept: 1 }, 'kept', 'keep');
    const other = new MemorySource({ other: 1 }, 'other');
    const { reload, value, log, runtime } = await booted([kept, other]);
    kept.set(new Error('gone for lunch'));
    other.set({ other: 2 });
    const result = await reload();
    expect(result).toMatchObject({ outcome: 'applied', version: 2 });
    expect(result.issues.map(({ message }) => message)).toEqual([
      'could not be loaded: gone for lunch; its last good content stays in force',
    ]);
    expect(value()).toEqual({ kept: 1, other: 2 });
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: kept  could not be loaded: gone for lunch; its last good content stays in force',
    ]);
    expect(runtime.status().drifted).toBe(false);
    kept.set({ kept: 3 });
    expect(await reload()).toMatchObject({ outcome: 'applied', issues: [] });
    expect(value()).toEqual({ kept: 3, other: 2 });
    expect(log.at(-2)).toMatch(/^log: kept can be read again\. It could not be read since /);
  });

  it('is reported again if it fails again, after a load whose content was the same', async () => {
    const kept = new MemorySource({ kept: 1 }, 'kept', 'keep');
    const { reload, log } = await booted([kept]);
    for (let outage = 1; outage <= 2; outage += 1) {
      kept.set(new Error('connect', { cause: new Error('no route') }));
      await reload();
      await reload();
      kept.set({ kept: 1 });
      await reload();
    }
    const once = [
      'warn: kept  could not be loaded: connect (no route); its last good content stays in force',
      expect.stringMatching(/^log: kept can be read again/),
    ];
    expect(log.filter((line) => line.includes(' kept '))).toEqual([...once, ...once]);
  });

  it('has nothing to keep at boot', async () => {
    const kept = new MemorySource({}, 'kept', 'keep');
    kept.set(new Error('not there yet'));
    await expect(runtimeOf({ sources: [kept] }).runtime.boot()).rejects.toThrow('not there yet');
  });

  it('is reported again when it fails in another way', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, results } = await booted([source]);
    for (const why of ['refused', 'refused', 'not authorised']) {
      source.set(new Error(why));
      await runtime.reload({ cause: 'file' });
    }
    expect(results.slice(1).map(({ issues }) => issues[0]?.message)).toEqual([
      'could not be loaded: refused',
      'could not be loaded: not authorised',
    ]);
  });

  it('is rejected after a timeout when it never answers', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload } = await booted([source]);
    vi.useFakeTimers();
    try {
      vi.spyOn(source, 'load').mockReturnValueOnce(new Promise(() => undefined));
      const result = reload();
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await result).toMatchObject({
        outcome: 'rejected',
        issues: [{ message: 'could not be loaded: no answer within 30000 ms' }],
      });
    } finally {
      vi.useRealTimers();
    }
    expect((await reload()).outcome).toBe('unchanged');
  });
});

describe('An unexpected error', () => {
  const throwing = (thrown: unknown): ConfigSource => ({
    name: 'odd',
    load: () => {
      throw thrown;
    },
  });

  it.each([
    ['a string', 'gone', 'could not be loaded: gone'],
    ['undefined', undefined, 'could not be loaded: undefined'],
    ['null', null, 'could not be loaded: null'],
    ['a symbol', Symbol('s'), 'could not be loaded: Symbol(s)'],
    ['a value without a message', Object.create(null), 'could not be loaded: no reason was given'],
    ['an error without a message', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error without anything', new TypeError(), 'could not be loaded: TypeError'],
  ])('thrown by a source becomes a rejection: %s', async (_what, thrown, message) => {
    const odd = throwing(thrown);
    const { runtime, reload } = await booted([new MemorySource({ n: 1 })]);
    const result = await runtime.core.sourceChanges.change((sources) => [...sources, odd]);
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'collect', version: 1 });
    expect(result.issues[0]?.message).toContain(message);
    expect((await reload()).outcome).toBe('unchanged');
  });

  it('in a schema becomes a rejection: a constructor that throws', async () => {
    let fails = false;
    class Moody {
      n = 1;
      constructor() {
        if (fails) throw new Error('not today');
      }
    }
    const source = new MemorySource({ n: 1 });
    const { reload } = await booted([source], { schema: Moody, unknownKeys: 'allow' });
    source.set({ n: 2 });
    fails = true;
    expect(await reload()).toMatchObject({
      outcome: 'rejected',
      stage: 'validate',
      issues: [{ message: 'the schema could not check the configuration: not today' }],
    });
    fails = false;
    expect(await reload()).toMatchObject({ outcome: 'applied', version: 2 });
  });

  it('from a source becomes a rejection: a cycle, no tree, no layer at all', async () => {
    const cyclic: ConfigTree = { n: 1 };
    cyclic['self'] = cyclic;
    const layers = [
      { tree: cyclic, hash: 'cyclic' },
      { tree: null, hash: 'null' },
      { tree: 7n, hash: 'bigint', warnings: 3 },
      undefined,
      'a string',
    ];
    let layer: unknown = { tree: { n: 1 }, hash: 'good' };
    const odd: ConfigSource = {
      name: 'odd',
      load: () =>
        Promise.resolve({
          source: 'odd',
          revision: '',
          locate: () => undefined,
          ...(layer as object),
        } as never).then((made) => (layer === undefined ? (undefined as never) : made)),
    };
    const { reload, runtime } = await booted([odd]);
    const before = runtime.core.store.current;
    for (layer of layers) {
      expect((await reload()).outcome).toBe('rejected');
      expect(runtime.core.store.current).toBe(before);
    }
    layer = { tree: { n: 2 }, hash: 'good again' };
    expect((await reload()).outcome).toBe('applied');
  });

  it('in a logger does not stop a reload', async () => {
    const { HotConfigRuntime } = await import('../../lib/runtime/hot-config.runtime.js');
    const source = new MemorySource({ n: 1 });
    const fail = () => {
      throw new Error('the disk is full');
    };
    const runtime = new HotConfigRuntime(
      { sources: [source] },
      { log: fail, warn: fail, error: fail, verbose: fail },
    );
    await runtime.boot();
    source.set({ n: 2 });
    expect((await runtime.reload({ cause: 'manual' })).outcome).toBe('applied');
    source.set(new Error('x'));
    expect((await runtime.reload({ cause: 'manual' })).outcome).toBe('rejected');
    runtime.core.hooks.add('onConfigRejected', { label: 'x', call: fail });
    expect((await runtime.reload({ cause: 'manual' })).outcome).toBe('rejected');
    await runtime.stop();
  });
});

describe('A validator', () => {
  interface Budget {
    budget: number;
    reserve: number;
  }

  it('receives the candidate, the value in force and the changes; all validators run, and all issues are reported', async () => {
    const seen: unknown[] = [];
    const doubles: ConfigValidator<Budget> = (candidate, { current, changes }) => {
      seen.push([candidate.budget, current?.value.budget, changes.map(({ path }) => path)]);
      return current && candidate.budget > 2 * current.value.budget
        ? { path: 'budget', message: 'must not more than double at once' }
        : undefined;
    };
    const reserve: ConfigValidator<Budget> = async (candidate) =>
      candidate.reserve > candidate.budget ? ['the reserve is above the budget', 'and it should not be'] : [];
    const throwing: ConfigValidator<Budget> = ({ budget }) => {
      if (budget > 100) throw new Error('no more than 100');
    };
    const source = new MemorySource({ budget: 10, reserve: 1 });
    const { reload } = await booted([source], {
      validators: [doubles, reserve, throwing] as ConfigValidator<object>[],
    });
    source.set({ budget: 300, reserve: 400 });
    const result = await reload();
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'validate' });
    expect(result.issues.map(({ message }) => message)).toEqual([
      'budget must not more than double at once',
      'the reserve is above the budget',
      'and it should not be',
      'no more than 100',
    ]);
    expect(seen).toEqual([
      [10, undefined, ['budget', 'reserve']],
      [300, 10, ['budget', 'reserve']],
    ]);
    source.set({ budget: 20, reserve: 1 });
    expect((await reload()).outcome).toBe('applied');
  });
});
