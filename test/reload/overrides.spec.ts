import 'reflect-metadata';
import { Max } from 'class-validator';
import { ConfigOptionsError, type ConfigValue, overrides } from 'nestjs-hot-config';
import { type Override, OverridesSource } from '../../lib/sources/overrides.source.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';
import { booted } from './support/runtime.js';

class Limits {
  @Max(10)
  n = 1;
}

async function appOn(tree: Record<string, never> | object, options = {}) {
  const source = new MemorySource(tree as never);
  const bench = await booted([source], options);
  return { ...bench, source, manager: new HotConfigManager(bench.runtime) };
}

function overrideAt(segments: string[], value: ConfigValue): Override {
  return { path: segments.join('.'), segments, value, since: new Date(0) };
}

describe('An override', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('creates a version, on top of the content of the sources', async () => {
    const { manager, value } = await appOn({ log: { level: 'info', json: true } });
    const result = await manager.set('log.level', 'debug', { reason: 'slow requests', actor: 'ann' });
    expect(result).toMatchObject({
      outcome: 'applied',
      cause: 'override',
      version: 2,
      reason: 'slow requests',
      actor: 'ann',
    });
    expect(value()).toEqual({ log: { level: 'debug', json: true } });
    expect(manager.history().at(-1)).toMatchObject({ cause: 'override', sources: ['overrides'] });
  });

  it('stays on top while the sources change', async () => {
    const { manager, source, reload, value } = await appOn({ n: 1, m: 1 });
    await manager.set('n', 5);
    source.set({ n: 2, m: 2 });
    await reload();
    expect(value()).toEqual({ n: 5, m: 2 });
    await manager.unset('n');
    expect(value()).toEqual({ n: 2, m: 2 });
  });

  it('expires automatically, with a reason in the history', async () => {
    const { manager, value, log } = await appOn({ n: 1 });
    await manager.set('n', 5, { ttl: '15m' });
    await vi.advanceTimersByTimeAsync(15 * 60_000 - 1);
    expect(value()).toEqual({ n: 5 });
    await vi.advanceTimersByTimeAsync(1);
    await manager.settled();
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().overrides).toEqual([]);
    expect(manager.history().at(-1)).toMatchObject({ cause: 'override', reason: 'n expired' });
    expect(log.some((line) => line.includes('version 3 applied'))).toBe(true);
  });

  it('expires independently of others', async () => {
    const { manager, value } = await appOn({ a: 1, b: 1, c: 1 });
    await manager.set('a', 2, { ttl: 3_000 });
    await manager.set('b', 2, { ttl: 1_000 });
    await manager.set('c', 2);
    await vi.advanceTimersByTimeAsync(1_000);
    await manager.settled();
    expect(value()).toEqual({ a: 2, b: 1, c: 2 });
    await vi.advanceTimersByTimeAsync(2_000);
    await manager.settled();
    expect(value()).toEqual({ a: 1, b: 1, c: 2 });
  });

  it('gets a new expiry when it is set again', async () => {
    const { manager, value } = await appOn({ n: 1 });
    await manager.set('n', 5, { ttl: 1_000 });
    await vi.advanceTimersByTimeAsync(900);
    expect(await manager.set('n', 5, { ttl: 1_000 })).toMatchObject({ outcome: 'unchanged' });
    await vi.advanceTimersByTimeAsync(900);
    await manager.settled();
    expect(value()).toEqual({ n: 5 });
    await vi.advanceTimersByTimeAsync(100);
    await manager.settled();
    expect(value()).toEqual({ n: 1 });
  });

  it('stays while the content below it is not valid, and is removed later', async () => {
    let least = 0;
    const source = new MemorySource({ n: 1 });
    const bench = await booted([source], {
      validators: [(candidate) => ((candidate as Limits).n < least ? 'too few' : undefined)],
    });
    const manager = new HotConfigManager(bench.runtime);
    await manager.set('n', 5, { ttl: 1_000 });
    least = 3;
    await vi.advanceTimersByTimeAsync(1_000);
    await manager.settled();
    expect(bench.value()).toEqual({ n: 5 });
    expect(manager.status().lastError).toBeDefined();
    least = 0;
    await vi.advanceTimersByTimeAsync(60_000);
    await manager.settled();
    expect(bench.value()).toEqual({ n: 1 });
  });

  it('is removed at once if it expired during another reload', async () => {
    const { manager, value, reload } = await appOn({ n: 1 });
    await manager.set('n', 5, { ttl: 1_000 });
    vi.setSystemTime(Date.now() + 2_000); // the process was busy: the timer is late
    await reload();
    await vi.advanceTimersByTimeAsync(1);
    await manager.settled();
    expect(value()).toEqual({ n: 1 });
  });

  it('expires even if another one cannot be removed', async () => {
    let least = 0;
    const bench = await booted([new MemorySource({ n: 1, m: 1 })], {
      validators: [(candidate) => ((candidate as Limits).n < least ? 'too few' : undefined)],
    });
    const manager = new HotConfigManager(bench.runtime);
    await manager.set('n', 5, { ttl: 1_000 });
    await manager.set('m', 5, { ttl: 2_000 });
    least = 3;
    for (let second = 0; second < 2; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      await manager.settled();
    }
    expect(bench.value()).toEqual({ n: 5, m: 1 });
  });

  it('is summarized in the reason if many expire together', async () => {
    const { manager } = await appOn({});
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await manager.set(key, 1, { ttl: 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    await manager.settled();
    expect(manager.history().at(-1)!.reason).toBe('a, b, c, d, e and 2 more expired');
  });

  it('takes linear time: the layer of 20,000 overrides is created in one pass', () => {
    const entries = Array.from({ length: 20_000 }, (_each, index) => overrideAt(['o', `k${index}`], index));
    expect(Object.keys(new OverridesSource().layerOf(entries).tree['o'] as object)).toHaveLength(20_000);
  });

  it('is replaced by a later one, and leaves the given value unchanged', () => {
    const value = { b: 1 };
    const entries = [
      overrideAt(['a'], value),
      overrideAt(['a', 'c'], 2),
      overrideAt(['d'], 1),
      overrideAt(['d', 'e'], 3),
    ];
    expect(new OverridesSource().layerOf(entries).tree).toEqual({ a: { b: 1, c: 2 }, d: { e: 3 } });
    expect(value).toEqual({ b: 1 });
  });

  it.each([undefined, null, 5, ''])('rejects the invalid path %j', async (path) => {
    const { manager } = await appOn({ n: 1 });
    await expect(manager.set(path as never, 1)).rejects.toThrow(ConfigOptionsError);
    await expect(manager.unset(path as never)).rejects.toThrow(ConfigOptionsError);
  });

  it('is validated like any change, and leaves nothing behind if it is rejected', async () => {
    const { manager, value, source, reload } = await appOn({ n: 1 }, { schema: Limits });
    expect(await manager.set('n', 11)).toMatchObject({ outcome: 'rejected', stage: 'validate' });
    expect(value()).toEqual({ n: 1 });
    expect(manager.status()).toMatchObject({ overrides: [], drifted: false });
    source.set({ n: 2 });
    await reload();
    expect(value()).toEqual({ n: 2 });
  });

  it('works while a source is broken, so that a kill switch works when it is needed most', async () => {
    const { manager, source, reload, value } = await appOn({ enabled: true });
    source.set(new Error('half a file'));
    expect(await reload()).toMatchObject({ outcome: 'rejected' });
    expect(await manager.set('enabled', false)).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ enabled: false });
    expect(manager.status().drifted).toBe(true);
  });

  it('is listed with its time, expiry, reason and actor, and without its value', async () => {
    const { manager } = await appOn({ n: 1 });
    vi.setSystemTime('2026-01-01T12:00:00Z');
    await manager.set('n', 'a value', { ttl: '1h', reason: 'trying', actor: 'ben' });
    expect(manager.status().overrides).toEqual([
      {
        path: 'n',
        since: new Date('2026-01-01T12:00:00Z'),
        expiresAt: new Date('2026-01-01T13:00:00Z'),
        reason: 'trying',
        actor: 'ben',
      },
    ]);
    expect(JSON.stringify(manager.status())).not.toContain('a value');
  });

  it('replaces overrides below its path', async () => {
    const { manager, value } = await appOn({ llm: { model: 'a', limit: 1 } });
    await manager.set('llm.limit', 2);
    await manager.set('llm', { model: 'b' });
    expect(value()).toEqual({ llm: { model: 'b', limit: 1 } });
    await manager.set('llm.model', 'c');
    expect(manager.status().overrides.map(({ path }) => path)).toEqual(['llm', 'llm.model']);
    await manager.unset('llm');
    expect(value()).toEqual({ llm: { model: 'c', limit: 1 } });
  });

  it('is removed by a rollback to a version before it, and restored with a version that had it, unless it expired', async () => {
    const { manager, value } = await appOn({ n: 1 });
    await manager.set('n', 2, { ttl: 5_000 });
    await manager.rollback({ steps: 1 });
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().overrides).toEqual([]);
    await manager.rollback(2);
    expect(value()).toEqual({ n: 2 });
    await vi.advanceTimersByTimeAsync(5_000);
    await manager.settled();
    expect(value()).toEqual({ n: 1 });
    expect(await manager.rollback(2)).toMatchObject({ outcome: 'unchanged' });
  });

  it('has the precedence of overrides() among the sources', async () => {
    const [below, above] = [new MemorySource({ a: 1, b: 1 }, 'below'), new MemorySource({ b: 2 }, 'above')];
    const bench = await booted([below, overrides(), above]);
    const manager = new HotConfigManager(bench.runtime);
    await manager.set('a', 5);
    await manager.set('b', 5);
    expect(bench.value()).toEqual({ a: 5, b: 2 });
    below.set({ a: 1, b: 1, c: 1 });
    await bench.reload();
    expect(bench.value()).toEqual({ a: 5, b: 2, c: 1 });
    expect(manager.status().drifted).toBe(false);
  });

  it('copies its value', async () => {
    const { manager, value } = await appOn({ tools: ['a'] });
    const tools = ['a', 'b'];
    await manager.set('tools', tools);
    tools.push('c');
    expect(value()).toEqual({ tools: ['a', 'b'] });
  });

  it.each([
    ['a path that is none', '', 1],
    ['a path that is half written', 'llm[', 1],
    ['a way into a list', 'tools.0', 'x'],
    ['undefined', 'n', undefined],
    ['a function', 'n', () => 1],
    ['a key that reaches a prototype', '__proto__.polluted', true],
    ['a value that holds one', 'n', JSON.parse('{"__proto__":{"polluted":true}}')],
  ])('rejects %s', async (_what, path, value) => {
    const { manager } = await appOn({ n: 1, tools: ['a'] });
    await expect(manager.set(path, value)).rejects.toThrow(ConfigOptionsError);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(manager.history()).toHaveLength(1);
  });

  it('rejects a value that is nested too deep, however deep', async () => {
    const { manager } = await appOn({ n: 1 });
    let value: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    await expect(manager.set('n', value)).rejects.toThrow(/Cannot set n.*nested more than 64 levels deep/);
  });

  it('rejects an invalid ttl', async () => {
    const { manager } = await appOn({ n: 1 });
    await expect(manager.set('n', 2, { ttl: 'soon' as never })).rejects.toThrow(/"ttl"/);
  });

  it('is removed with a reason and an actor, as it is set', async () => {
    const { manager } = await appOn({ n: 1 });
    await manager.set('n', 2);
    const note = { reason: 'all is well again', actor: 'ann' };
    expect(await manager.unset('n', note)).toMatchObject({ outcome: 'applied', ...note });
    await manager.set('n', 2);
    const { reason, actor } = await manager.unset('n');
    expect([reason, actor]).toEqual(['n unset', undefined]);
  });

  it('cannot be set or removed for an element of a list, nor be set without a value', async () => {
    const { manager } = await appOn({ app: { servers: [{ port: 1 }] } });
    const refusal = /^The path app.servers.0.port leads into a list, .* set the whole list app.servers$/;
    await expect(manager.set('app.servers.0.port', 2)).rejects.toThrow(refusal);
    await expect(manager.unset('app.servers.0.port')).rejects.toThrow(refusal);
    await expect(manager.set('app', undefined as never)).rejects.toThrow(/^set\(\) needs a value/);
  });

  it('is unchanged by unset() if it does not exist', async () => {
    const { manager } = await appOn({ n: 1 });
    expect(await manager.unset('n')).toMatchObject({ outcome: 'unchanged' });
  });

  it('neither keeps a process alive nor outlives the app', async () => {
    const { manager, runtime, value } = await appOn({ n: 1 });
    await manager.set('n', 5, { ttl: 1_000 });
    await runtime.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(value()).toEqual({ n: 5 });
  });
});

describe('Content that is rejected because of an override', () => {
  const sum = (candidate: unknown) => {
    const { n, max } = candidate as { n: number; max: number };
    return n > max ? { path: 'n', message: `must not be above ${max}` } : undefined;
  };

  /** An app that watches, whose source has content that is invalid because of an override. */
  async function inTheWay() {
    const bench = await appOn({ n: 1, max: 10 }, { validators: [sum] });
    await bench.runtime.start();
    await bench.manager.set('n', 9);
    bench.source.set({ n: 1, max: 5 });
    await bench.runtime.settled();
    expect(bench.manager.status()).toMatchObject({ rejection: { sources: expect.any(Array) }, version: 2 });
    return bench;
  }

  it('is applied when the override is removed', async () => {
    const { manager, runtime, value } = await inTheWay();
    await manager.unset('n');
    await runtime.settled();
    expect(value()).toEqual({ n: 1, max: 5 });
    expect(manager.status()).toMatchObject({ drifted: false });
  });

  it('is applied when the override expires', async () => {
    const { manager, value } = await inTheWay();
    await manager.set('n', 8, { ttl: 20 });
    await until('it is applied', () => (value() as { max: number }).max === 5);
    expect(value()).toEqual({ n: 1, max: 5 });
  });

  it('is reported once, however many other overrides change', async () => {
    const { manager, runtime, results } = await inTheWay();
    await manager.set('other', 1);
    await manager.set('n', 7);
    await runtime.settled();
    expect(results.filter(({ outcome }) => outcome === 'rejected')).toHaveLength(1);
    expect(manager.status().rejection).toBeDefined();
  });

  it('is not applied if watching is disabled', async () => {
    const { manager, runtime, value, reload } = await inTheWay();
    await manager.disable();
    await manager.unset('n');
    await runtime.settled();
    expect(value()).toEqual({ n: 1, max: 10 });
    await reload();
    expect(value()).toEqual({ n: 1, max: 5 });
  });
});
