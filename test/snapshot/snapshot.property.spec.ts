import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../lib/model/change.interface.js';
import { isBranch, isPlainObject } from '../../lib/util/branches.js';
import { isSameLeaf } from '../../lib/snapshot/canonical-string.js';
import { ContentHasher } from '../../lib/snapshot/content-hash.js';
import type { ConfigTree } from '../../lib/model/config-tree.js';
import { diff } from '../../lib/snapshot/diff.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { merge } from '../../lib/snapshot/merge.js';
import { formatPath, tryParsePath, valueAt } from '../../lib/model/paths.js';
import { shareUnchanged } from '../../lib/snapshot/share-unchanged.js';
import { runs } from '../support/storm-run.js';

/** Keys that people write, keys that hurt, and few of them, so that two trees often meet. */
const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  fc.constantFrom('0', '1', 'length', '', 'a.b', "it's", 'x[0]', '\\', 'constructor', 'toString', 'ünï'),
  fc.string({ unit: 'grapheme', maxLength: 4 }).filter((name) => name !== '__proto__'),
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, NaN, '', 'x', '1', 'null', true, false, null, 1n, '\ud800', '\ufffd'),
  fc.constantFrom(0, 86_400_000).map((time) => new Date(time)),
  fc.uint8Array({ maxLength: 2 }),
  fc.constantFrom('https://a.example/', 'https://b.example/').map((text) => new URL(text)),
  fc.uniqueArray(fc.constantFrom('p', 'q'), { maxLength: 2 }).map((keys) => new Set(keys)),
  fc
    .uniqueArray(fc.constantFrom('p', 'q'), { maxLength: 2 })
    .map((keys) => new Map(keys.map((k) => [k, {}]))),
);
class Schema {
  [field: string]: unknown;
}
class OtherSchema extends Schema {}

const { value } = fc.letrec<{ value: unknown; tree: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    tie('tree'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('tree').map((members) => Object.assign(new Schema(), members)),
    tie('tree').map((members) => Object.assign(new OtherSchema(), members)),
  ),
  tree: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));
const tree = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });

/** What a layer may hold: no instances. Scalars and objects never meet under one key, so that order cannot matter. */
const layer = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      fc.integer(),
      fc.boolean(),
    ),
    { maxLength: 5 },
  )
  .map((entries) => {
    const root: ConfigTree = {};
    for (const [keys, number, isList] of entries) {
      let at = root;
      for (const name of keys) at = (at[`${name}-object`] ??= {}) as ConfigTree;
      at.leaf = isList ? [number] : number;
    }
    return root;
  });

const hash = (content: unknown) => new ContentHasher().hash(content);

/** Two trees that have much in common: one is the other after some edits. */
const pair = fc.oneof(
  fc.tuple(tree, tree),
  fc
    .tuple(tree, key, value)
    .map(([base, name, other]): [typeof base, typeof base] => [base, { ...base, [name]: other }]),
  tree.map((base): [typeof base, typeof base] => [base, reordered(base) as typeof base]),
);

/** The same content, in new objects, with the keys in another order. */
function reordered(content: unknown): unknown {
  if (content instanceof Map) return new Map([...content].reverse());
  if (content instanceof Set) return new Set([...content].reverse());
  if (content instanceof Date) return new Date(content);
  if (content instanceof URL) return new URL(content);
  if (content instanceof Uint8Array) return new Uint8Array(content);
  if (Array.isArray(content)) return content.map(reordered);
  if (typeof content !== 'object' || content === null) return content;
  const members = Object.entries(content).reverse();
  return Object.assign(
    Object.create(Object.getPrototypeOf(content)),
    Object.fromEntries(members.map(([name, member]) => [name, reordered(member)])),
  );
}

/** Applies the changes that lead to `goal`. Objects and arrays come and go with what is in them. */
function applied(base: unknown, changes: readonly Change[], goal: unknown): unknown {
  return changes.reduce((result, { segments, kind, current }) => {
    if (kind === 'removed') remove(result as Members, goal, segments);
    else put(result as Members, goal, segments, current);
    return result;
  }, base);
}

function put(root: Members, goal: unknown, segments: readonly string[], content: unknown): void {
  const holder = segments.slice(0, -1).reduce<Members>((parent, name, depth) => {
    const kindOf = valueAt(goal, segments.slice(0, depth + 1));
    if (!Object.hasOwn(parent, name) || parent[name] === undefined) define(parent, name, emptyLike(kindOf));
    return parent[name] as Members;
  }, root);
  define(holder, segments.at(-1)!, reordered(content));
}

/** Removes the highest part on the way to `segments` that is not to be there any more. */
function remove(root: Members, goal: unknown, segments: readonly string[]): void {
  const gone = segments.findIndex((_key, depth) => valueAt(goal, segments.slice(0, depth + 1)) === undefined);
  const holder = valueAt(root, segments.slice(0, gone));
  const key = segments[gone]!;
  if (!isBranch(holder) || !Object.hasOwn(holder, key)) return;
  if (Array.isArray(holder)) holder.length = Number(key);
  else delete (holder as Members)[key];
}

type Members = Record<string, unknown>;

function define(holder: Members, name: string, member: unknown): void {
  Object.defineProperty(holder, name, {
    value: member,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function emptyLike(content: unknown): unknown {
  return Array.isArray(content) ? [] : Object.create(Object.getPrototypeOf(content ?? {}));
}

describe('merge', () => {
  it('prefers the later layer at every leaf', () => {
    fc.assert(
      fc.property(layer, layer, (below, above) => {
        const merged = merge([below, above]);
        const saidAbove = diff({}, above);
        const saidBelow = diff(above, below).filter(
          ({ kind, segments }) => kind === 'added' && !isReplaced(above, segments),
        );
        for (const { segments, current } of [...saidAbove, ...saidBelow])
          expect(valueAt(merged, segments)).toEqual(current);
      }),
    );
  });

  it('returns the same whether layers are merged one by one or in groups', () => {
    fc.assert(
      fc.property(layer, layer, layer, (a, b, c) => {
        const all = merge([a, b, c]);
        expect(merge([merge([a, b]), c])).toEqual(all);
        expect(merge([a, merge([b, c])])).toEqual(all);
      }),
    );
  });

  it('adds nothing if a layer is empty or repeats another', () => {
    fc.assert(
      fc.property(layer, (only) => {
        expect(merge([{}, only, {}])).toEqual(only);
        expect(merge([only, only])).toEqual(only);
        expect(merge([only, { a: undefined }])).toEqual(only);
      }),
    );
  });

  it('never mutates its inputs', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), (trees) => {
        const before = trees.map(hash);
        const freezer = new Freezer();
        trees.forEach((each) => freezer.freeze(each));
        merge(trees as ConfigTree[]);
        expect(trees.map(hash)).toEqual(before);
      }),
    );
  });
});

/** Whether a tree puts something that is no object on the way. */
function isReplaced(root: unknown, keys: readonly string[]): boolean {
  return keys.some((_key, depth) => {
    const onTheWay = valueAt(root, keys.slice(0, depth));
    return onTheWay !== undefined && !isPlainObject(onTheWay);
  });
}

describe('diff', () => {
  it('is empty if and only if the hashes are equal', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(diff(a, b).length === 0).toBe(hash(a) === hash(b));
      }),
      runs(1_000),
    );
  });

  it('finds nothing in the same content under another order of keys', () => {
    fc.assert(
      fc.property(value, (content) => {
        expect(diff(content, reordered(content))).toEqual([]);
      }),
    );
  });

  it('turns one tree into the other when applied', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const result = applied(reordered(a), diff(a, b), b);
        expect(hash(result)).toBe(hash(b));
      }),
      runs(1_000),
    );
  });

  it('reports every path once, by a path that leads to both values', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const changes = diff(a, b);
        const paths = changes.map((change) => change.path);
        expect(new Set(paths).size).toBe(paths.length);
        for (const { path, segments, kind, previous, current } of changes) {
          expect(tryParsePath(path)).toEqual(segments);
          expect(valueAt(a, segments)).toBe(previous);
          expect(valueAt(b, segments)).toBe(current);
          expect(kind).toBe(previous === undefined ? 'added' : current === undefined ? 'removed' : 'changed');
        }
      }),
      runs(1_000),
    );
  });
});

describe('A path', () => {
  it('is parsed to the keys it was formatted from', () => {
    const anyKey = fc.oneof(key, fc.string({ unit: 'binary' }), fc.string());
    fc.assert(
      fc.property(fc.array(anyKey, { minLength: 1, maxLength: 5 }), (keys) => {
        expect(tryParsePath(formatPath(keys))).toEqual(keys);
      }),
      runs(2_000),
    );
  });

  it('is either parsed or refused, whatever the string is', () => {
    const scrap = fc.constantFrom('a', '.', '[', ']', "'", '"', '\\', '0', ' ');
    fc.assert(
      fc.property(fc.array(scrap), (scraps) => {
        const keys = tryParsePath(scraps.join(''));
        expect(keys && tryParsePath(formatPath(keys))).toEqual(keys);
      }),
      runs(2_000),
    );
  });
});

describe('Sharing', () => {
  it('returns the content of the next tree, and the previous tree itself if the content is the same', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const said = hash(b);
        const shared = shareUnchanged(a, b);
        expect(hash(shared)).toBe(said);
        expect(shared === a).toBe(hash(a) === said);
      }),
      runs(1_000),
    );
  });

  it('returns the previous object for every part with unchanged content', () => {
    fc.assert(
      fc.property(tree, tree, key, (common, other, name) => {
        const previous = { kept: common, [`${name}-changed`]: other };
        const next = { [`${name}-changed`]: { new: other }, kept: reordered(common) };
        expect((shareUnchanged(previous, next) as typeof previous).kept).toBe(common);
      }),
    );
  });

  it('never mutates the previous tree, nor plain parts of the next one, frozen or not', () => {
    fc.assert(
      fc.property(pair, fc.boolean(), ([a, b], isFrozen) => {
        new Freezer().freeze(a);
        const members = Object.entries(b);
        if (isFrozen) new Freezer().freeze(b);
        const said = hash(b);
        expect(hash(shareUnchanged(a, b))).toBe(said);
        expect(Object.entries(b)).toEqual(members);
        // Each read of frozen bytes returns a copy.
        const isIdentical = ([name, member]: [string, unknown]) =>
          ArrayBuffer.isView(member) ? isSameLeaf(b[name], member) : Object.is(b[name], member);
        expect(members.filter((entry) => !isIdentical(entry))).toEqual([]);
      }),
    );
  });
});

describe('Freezing', () => {
  it('leaves nothing behind that can be changed by assignment, at any depth', () => {
    fc.assert(
      fc.property(value, (content) => {
        const seen = new Freezer().freeze(content);
        const walk = (part: unknown): void => {
          if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return;
          expect(Object.isFrozen(part)).toBe(true);
          for (const name of Reflect.ownKeys(part)) {
            const member: unknown = Object.getOwnPropertyDescriptor(part, name)!.value;
            walk(member);
          }
        };
        walk(seen);
      }),
    );
  });

  it('leaves no bytes behind that can be changed, and the same content', () => {
    fc.assert(
      fc.property(tree, (content) => {
        const said = hash(content);
        const seen = new Freezer().freeze(content);
        const spoil = (part: unknown): void => {
          if (part instanceof Uint8Array) part.fill(0xff);
          else if (part instanceof Map || part instanceof Set)
            for (const member of part.values()) spoil(member);
          else if (typeof part === 'object' && part !== null) Object.values(part).forEach(spoil);
        };
        spoil(seen);
        expect(hash(seen)).toBe(said);
      }),
      runs(1_000),
    );
  });
});
