import { describe, expect, it } from 'vitest';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { shareUnchanged } from '../../lib/snapshot/share-unchanged.js';

class Server {
  host = 'a';
  tags: string[] = [];
}

const server = (host: string, tags: string[]) => Object.assign(new Server(), { host, tags });

describe('Structural sharing', () => {
  it('returns the previous tree if the next one has the same content', () => {
    const previous = { a: [1, { b: new Date(1) }], m: new Map([['k', [1]]]), s: server('a', ['t']) };
    const next = { s: server('a', ['t']), m: new Map([['k', [1]]]), a: [1, { b: new Date(1) }] };
    expect(shareUnchanged(previous, next)).toBe(previous);
  });

  it('shares everything except the path to the change', () => {
    const previous = { a: { x: { deep: 1 }, y: 1 }, b: { z: [1, 2] }, c: [{ n: 1 }, { n: 2 }] };
    const next = { a: { x: { deep: 1 }, y: 2 }, b: { z: [1, 2] }, c: [{ n: 1 }, { n: 3 }] };
    const shared = shareUnchanged(previous, next);
    expect(shared).toEqual(next);
    expect(shared.a.x).toBe(previous.a.x);
    expect(shared.b).toBe(previous.b);
    expect(shared.c[0]).toBe(previous.c[0]);
  });

  it('does not change the next tree, which may belong to a source', () => {
    const part = { x: { n: 1 } };
    const next = { part, changed: 2, list: [{ n: 1 }, 2] };
    shareUnchanged({ part: { x: { n: 1 } }, changed: 1, list: [{ n: 1 }, 1] }, next);
    expect(next.part).toBe(part);
    expect(next.part.x).toBe(part.x);
    const previous = [{ n: 1 }, 1];
    const list = [{ n: 1 }, 2];
    const [first] = list;
    expect(shareUnchanged<unknown[]>(previous, list)[0]).toBe(previous[0]);
    expect(list[0]).toBe(first);
  });

  it('shares with a next tree that is already frozen', () => {
    const previous = new Freezer().freeze({ a: { n: 1 }, b: 1 });
    const shared = shareUnchanged(previous, new Freezer().freeze({ a: { n: 1 }, b: 2 }));
    expect(shared).toEqual({ a: { n: 1 }, b: 2 });
    expect(shared.a).toBe(previous.a);
  });

  it('keeps the class and the private fields of instances', () => {
    class Secretive {
      tags = ['t'];
      n: number;
      readonly #n: number;
      constructor(n: number) {
        this.n = n;
        this.#n = n;
      }
      reveal() {
        return this.#n;
      }
    }
    const previous = { s: new Secretive(1) };
    const next = { s: new Secretive(2) };
    const shared = shareUnchanged(previous, next);
    expect(shared.s).toBe(next.s);
    expect(shared.s.reveal()).toBe(2);
    expect(shared.s.tags).toBe(previous.s.tags);
  });

  it('returns a frozen instance unchanged', () => {
    const next = Object.freeze(server('b', ['t']));
    expect(shareUnchanged(server('a', ['t']), next)).toBe(next);
  });

  it.each<[string, unknown, unknown]>([
    ['an array and an object', ['a'], { 0: 'a' }],
    ['an instance and a plain object', server('a', []), { host: 'a', tags: [] }],
    ['a shorter array', [1, 2], [1]],
    ['fewer keys', { a: 1, b: 2 }, { a: 1 }],
    ['0 and -0', { n: 0 }, { n: -0 }],
    ['null and an object', { a: null }, { a: {} }],
    ['another date', new Date(1), new Date(2)],
  ])('distinguishes: %s', (_name, previous, next) => {
    expect(shareUnchanged(previous, next)).toBe(next);
  });

  it('treats a key that is undefined as absent', () => {
    const previous = { a: 1, b: undefined };
    expect(shareUnchanged(previous, { a: 1 })).toBe(previous);
    expect(shareUnchanged({ a: 1 }, { a: 1, b: undefined })).toEqual({ a: 1 });
    expect(shareUnchanged({ a: 1 }, { b: undefined })).toEqual({ b: undefined });
  });

  it('handles keys with the names of inherited members', () => {
    const next = { toString: 'a', constructor: {} };
    expect(shareUnchanged({}, next)).toBe(next);
    const evil = JSON.parse('{"__proto__": {"polluted": true}, "n": 2}') as object;
    expect(shareUnchanged(JSON.parse('{"__proto__": {"polluted": true}, "n": 1}'), evil)).toEqual(evil);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('ends with an error if both trees contain themselves', () => {
    const cyclic = () => {
      const tree: Record<string, unknown> = {};
      return (tree.self = tree);
    };
    expect(() => shareUnchanged(cyclic(), cyclic())).toThrow(RangeError);
  });
});
