import { describe, expect, it } from 'vitest';
import type { ConfigTree } from '../../lib/model/config-tree.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { merge } from '../../lib/snapshot/merge.js';

describe('Merging layers', () => {
  it('merges objects key by key; the later layer wins', () => {
    expect(merge([{ llm: { model: 'a', retries: 1 } }, { llm: { model: 'b' }, port: 1 }])).toEqual({
      llm: { model: 'b', retries: 1 },
      port: 1,
    });
  });

  it('replaces arrays, dates and scalars as a whole', () => {
    const at = new Date(0);
    const below = { list: [1, 2, 3], at: new Date(1), a: { b: 1 }, c: 1 };
    expect(merge([below, { list: [9], at, a: 5, c: { d: 1 } }])).toEqual({
      list: [9],
      at,
      a: 5,
      c: { d: 1 },
    });
  });

  it('treats null as a value, and undefined as absent', () => {
    expect(
      merge([
        { a: 1, b: { c: 1 } },
        { a: null, b: undefined },
      ]),
    ).toEqual({ a: null, b: { c: 1 } });
    expect(merge([{ a: { b: 1 } }, { a: { b: undefined } }])).toEqual({ a: { b: 1 } });
  });

  it('returns an empty tree if there is no layer', () => {
    expect(merge([])).toEqual({});
  });

  it('mutates no layer, and does not copy what only one layer contains', () => {
    const below = new Freezer().freeze({ a: { x: 1 }, only: { deep: {} } });
    const merged = merge([below, new Freezer().freeze({ a: { y: 2 } })]);
    expect(merged).toEqual({ a: { x: 1, y: 2 }, only: { deep: {} } });
    expect(merged.only).toBe(below.only);
  });

  it('merges many layers at one place, and mutates none of them', () => {
    const layers = [0, 1, 2, 3].map((index) => ({ a: { b: { [`key${index}`]: index, last: index } } }));
    const before = structuredClone(layers);
    const all = { key0: 0, key1: 1, key2: 2, key3: 3, last: 3 };
    expect(merge(layers)).toEqual({ a: { b: all } });
    expect(layers).toEqual(before);
  });

  it('replaces instances of classes as a whole', () => {
    class Client {
      constructor(readonly url: string) {}
    }
    const client = new Client('b') as unknown as ConfigTree;
    expect(merge([{ client: { url: 'a', more: 1 } }, { client }]).client).toBe(client);
  });

  it('merges objects without a prototype, as some parsers create them', () => {
    const bare = Object.assign(Object.create(null) as ConfigTree, { b: 2 });
    expect(merge([{ o: { a: 1 } }, { o: bare }])).toEqual({ o: { a: 1, b: 2 } });
  });

  it('accepts keys with the names of inherited members', () => {
    expect(merge([{ toString: 'a', valueOf: { b: 1 } }, { valueOf: { c: 1 } }])).toEqual({
      toString: 'a',
      valueOf: { b: 1, c: 1 },
    });
  });

  // Layers have no such key; if one ever had, it must stay a key.
  it('keeps a key __proto__ of any layer a key, and the prototype as it is', () => {
    const evil = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as ConfigTree;
    for (const merged of [merge([evil, { b: 2 }]), merge([{ b: 2 }, evil])]) {
      expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
      expect(Object.keys(merged).toSorted()).toEqual(['__proto__', 'a', 'b']);
    }
  });
});
