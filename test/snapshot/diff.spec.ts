import { describe, expect, it } from 'vitest';
import { PathSet } from '../../lib/secrets/path-set.js';
import { diff } from '../../lib/snapshot/diff.js';

/** Changes as short texts: `~ llm.model: "a" → "b"`. */
const told = (previous: unknown, current: unknown) =>
  diff(previous, current).map((change) => {
    const sign = { added: '+', removed: '-', changed: '~' }[change.kind];
    return `${sign} ${change.path}: ${JSON.stringify(change.previous)} → ${JSON.stringify(change.current)}`;
  });

describe('A diff', () => {
  it('reports each value that was changed, added or removed, in the order of the keys', () => {
    expect(
      told({ llm: { model: 'a', gone: 1 }, log: 'info' }, { llm: { model: 'b', fresh: 2 }, log: 'info' }),
    ).toEqual(['~ llm.model: "a" → "b"', '+ llm.fresh: undefined → 2', '- llm.gone: 1 → undefined']);
  });

  it('reports an object that appears or disappears leaf by leaf, and an empty one itself', () => {
    expect(told({}, { a: { b: 1, c: { d: 2 } }, e: {}, f: [] })).toEqual([
      '+ a.b: undefined → 1',
      '+ a.c.d: undefined → 2',
      '+ e: undefined → {}',
      '+ f: undefined → []',
    ]);
    expect(told({ a: { b: 1 }, e: {}, f: [3] }, {})).toEqual([
      '- a.b: 1 → undefined',
      '- e: {} → undefined',
      '- f.0: 3 → undefined',
    ]);
  });

  it('reports an object whose members are all undefined', () => {
    expect(told({}, { a: { b: undefined } })).toEqual(['+ a: undefined → {}']);
  });

  it('reports a value that becomes another kind of value, and its members', () => {
    expect(told({ a: 1 }, { a: { b: 2 } })).toEqual(['~ a: 1 → {"b":2}', '+ a.b: undefined → 2']);
    expect(told({ a: { b: 2 } }, { a: null })).toEqual(['~ a: {"b":2} → null', '- a.b: 2 → undefined']);
    expect(told({ a: [1] }, { a: { 0: 2 } })).toEqual(['~ a: [1] → {"0":2}', '~ a.0: 1 → 2']);
    expect(told({ a: [] }, { a: {} })).toEqual(['~ a: [] → {}']);
  });

  it('has the keys that lead to each value', () => {
    const changes = diff({ a: { b: 1, c: [1] }, d: 1 }, { a: { b: 2, c: [2] }, d: 2 });
    expect(changes.map(({ segments }) => segments)).toEqual([['a', 'b'], ['a', 'c', '0'], ['d']]);
  });

  it('reports given paths too if they have a value, even if it is the same', () => {
    const given = new PathSet();
    for (const path of [['same'], ['deep', 'list'], ['empty'], ['none']]) given.add(path);
    const tree = () => ({ same: 1, other: 1, deep: { list: [1], other: 1 }, empty: {}, none: undefined });
    const changes = diff(tree(), tree(), undefined, given);
    expect(changes.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      'same changed',
      'deep.list changed',
      'empty changed',
    ]);
  });

  it('reports elements of arrays one by one', () => {
    expect(told({ l: [1, 2, 3] }, { l: [1, 9] })).toEqual(['~ l.1: 2 → 9', '- l.2: 3 → undefined']);
    expect(told({ l: [1] }, { l: [1, undefined] })).toEqual(['~ l: [1] → [1,null]']);
  });

  it('reports an instance that becomes an instance of another class, even with the same fields', () => {
    class Local {
      url = 'x';
    }
    class Remote {
      url = 'x';
    }
    expect(told({ p: new Local() }, { p: new Remote() })).toEqual(['~ p: {"url":"x"} → {"url":"x"}']);
    expect(told({ p: new Local() }, { p: new Local() })).toEqual([]);
  });

  it('compares dates, bytes, maps, sets, URLs and regular expressions by content', () => {
    const content = (n: number) => ({
      date: new Date(n),
      bytes: Buffer.from([n]),
      buffer: new Uint8Array([n]).buffer,
      view: new DataView(new Uint8Array([n]).buffer),
      map: new Map<unknown, unknown>([
        ['a', { n: NaN }],
        ['b', n],
      ]),
      set: new Set([n, 'x']),
      url: new URL(`https://example.com/${n}`),
      expression: new RegExp(`${n}`, 'g'),
    });
    expect(told(content(1), content(1))).toEqual([]);
    expect(diff(content(1), content(2)).map(({ path }) => path)).toEqual(Object.keys(content(1)));
    expect(diff({ m: new Map([['a', null]]) }, { m: new Map([['a', NaN]]) })).toHaveLength(1);
    expect(diff({ b: Buffer.from('a') }, { b: new Uint8Array([97]) })).toHaveLength(1);
  });

  it('ignores the order of the members of maps and sets', () => {
    const content = (...names: string[]) => ({
      map: new Map(names.map((name) => [name, 1])),
      set: new Set(names),
    });
    expect(diff(content('a', 'b'), content('b', 'a'))).toEqual([]);
  });

  it('compares objects with private state by their strings', () => {
    class Duration {
      readonly #ms: number;
      constructor(ms: number) {
        this.#ms = ms;
      }
      toString() {
        return `${this.#ms} ms`;
      }
    }
    class Money {
      readonly #cents: number;
      constructor(cents: number) {
        this.#cents = cents;
      }
      toJSON() {
        return this.#cents;
      }
    }
    const content = (n: number) => ({ timeout: new Duration(n), budget: new Money(n) });
    expect(diff(content(1), content(1))).toEqual([]);
    expect(diff(content(1), content(2)).map(({ path }) => path)).toEqual(['timeout', 'budget']);
  });

  it('compares functions by identity', () => {
    const run = () => 1;
    expect(diff({ run }, { run })).toEqual([]);
    expect(diff({ run }, { run: () => 1 })).toHaveLength(1);
  });

  it('quotes keys that contain dots, and returns the keys themselves', () => {
    expect(diff({}, { modules: { 'npc.dialogue': 1 } })).toEqual([
      {
        path: "modules['npc.dialogue']",
        segments: ['modules', 'npc.dialogue'],
        kind: 'added',
        previous: undefined,
        current: 1,
      },
    ]);
  });

  it('shows each change as one line, with long values cut', () => {
    const lines = diff(
      { model: 'small', n: 1, list: 1 },
      { model: 'large', prompt: 'one\ntwo', list: 'x'.repeat(999) },
    );
    expect(lines.map(String)).toEqual([
      'model: small → large',
      'prompt: undefined → one two',
      expect.stringMatching(/^list: 1 → x{199}…$/),
      'n: 1 → undefined',
    ]);
  });

  it('does not walk what both trees share', () => {
    const shared = Object.defineProperty({}, 'untouched', {
      get: () => expect.fail('was read'),
      enumerable: true,
    });
    expect(told({ shared, n: 1 }, { shared, n: 2 })).toEqual(['~ n: 1 → 2']);
  });

  it('reports everything as added against nothing', () => {
    expect(told(undefined, { a: 1 })).toEqual(['+ a: undefined → 1']);
    expect(told(undefined, {})).toEqual(['+ : undefined → {}']);
  });
});
