import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS, type ContentLimits } from '../../lib/limits/content-limits.js';
import { inspectTree } from '../../lib/limits/inspect-tree.js';

const inspect = (value: unknown, limits: Partial<ContentLimits> = {}) =>
  inspectTree(value, { ...DEFAULT_CONTENT_LIMITS, ...limits });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
}

describe('inspectTree', () => {
  it('accepts plain data and counts its keys and elements', () => {
    const value = {
      a: [1, 2n, null],
      b: { c: new Date(), d: new Uint8Array(2) },
      e: Object.create(null) as object,
    };
    expect(inspect(value)).toMatchObject({ keys: 8, problems: [] });
    expect(inspect('text')).toMatchObject({ keys: 0, problems: [] });
  });

  it.each(['__proto__', 'constructor', 'prototype'])('rejects the key %s at any depth', (key) => {
    const value = JSON.parse(`{"a":[{"${key}":{"polluted":true}}]}`) as unknown;
    expect(inspect(value).problems).toEqual([
      { path: ['a', '0', key], message: expect.stringContaining(`the key "${key}"`), part: 'key' },
    ]);
  });

  it('rejects values that are not plain data', () => {
    const value = { a: undefined, b: () => 1, c: Symbol('x'), d: new Map(), e: [new (class Foo {})()] };
    expect(inspect(value).problems.map(({ path, message }) => `${path.join('.')} ${message}`)).toEqual([
      'a is undefined, which is not a configuration value; use plain data instead',
      'b is a function, which is not a configuration value; use plain data instead',
      'c is a symbol, which is not a configuration value; use plain data instead',
      'd is a Map, which is not a configuration value; use plain data instead',
      'e.0 is a Foo, which is not a configuration value; use plain data instead',
    ]);
    const foreign = Object.create(Object.create(null) as object) as object;
    expect(inspect(foreign).problems[0]?.message).toContain('foreign object');
  });

  it('limits the depth, and does not overflow the stack even if the limit is infinite', () => {
    expect(inspect(nested(64)).problems).toEqual([]);
    expect(inspect(nested(65)).problems[0]?.message).toBe(
      'is nested more than 64 levels deep (limit maxDepth); flatten it or raise the limit',
    );
    expect(inspect(nested(100_000), { maxDepth: Infinity }).problems[0]?.message).toContain('1000 levels');
  });

  it('reports content that contains itself', () => {
    const list: unknown[] = [];
    list.push({ list });
    list.push(list);
    const problems = [
      {
        path: ['list', '0', 'list'],
        message: 'contains itself; remove the circular reference',
        part: 'value',
      },
    ];
    expect(inspect({ list }).problems).toEqual(problems);
  });

  it('counts a shared value each time it is used', () => {
    const shared = [1, 2, 3];
    expect(inspect({ a: shared, b: shared }).keys).toBe(8);
  });

  it('limits the number of keys and elements', () => {
    expect(inspect({ a: [1, 2, 3] }, { maxKeys: 3 }).problems).toEqual([
      {
        path: [],
        message: 'has more than 3 keys and elements (limit maxKeys); shorten it or raise the limit',
        part: 'value',
      },
    ]);
    expect(inspect([[1], [2], [3]], { maxKeys: 4 }).problems).toHaveLength(1);
  });

  it('reports at most 50 problems', () => {
    expect(inspect(Array.from({ length: 1000 })).problems).toHaveLength(50);
    expect(inspect(Array.from({ length: 1000 }, () => ({ f: undefined }))).problems).toHaveLength(50);
  });
});
