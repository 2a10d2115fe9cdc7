import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../lib/diff/version-diff.js';
import { secretPatterns } from '../../lib/patterns/secret-patterns.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { runs } from '../support/storm-run.js';

/** Only a few keys and values, so that trees have much in common. */
const key = fc.constantFrom('a', 'b', 'id', 'name', 'x/y', 'm~n', '~1', '', '0', 'password');
const scalar = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.constantFrom('', 'a', 'b', '0', 'long\ntext'),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ node: unknown; tree: Record<string, unknown> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    scalar,
    fc.array(tie('node'), { maxLength: 8 }),
    fc.array(fc.record({ id: fc.integer({ min: 0, max: 9 }), v: tie('node') }), { maxLength: 8 }),
    tie('tree'),
  ),
  tree: fc.dictionary(key, tie('node'), { maxKeys: 5, noNullPrototype: true }),
}));

const NOTHING = new SecretPolicy(secretPatterns(['!**']));
const PASSWORDS = new SecretPolicy();

function patched(from: unknown, patch: readonly unknown[]): unknown {
  const target = structuredClone(from);
  const errors = applyPatch(target, structuredClone(patch) as never);
  expect(errors.filter((error) => error !== null)).toEqual([]);
  return target;
}

describe('the JSON Patch of two versions', () => {
  it('turns the first version into exactly the second', () => {
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const patch = compareVersions(
          { label: '', tree: from },
          { label: '', tree: to },
          NOTHING,
        ).toJsonPatch();

        expect(patched(from, patch)).toEqual(to);
      }),
      runs(2_000),
    );
  });

  it('turns a list into one that is shuffled, shortened and extended', () => {
    const list = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 25 });
    const asObjects = fc.constantFrom(
      (n: number): unknown => n,
      (n: number): unknown => ({ id: n, v: n % 3 }),
      (n: number): unknown => ({ v: n % 5 }),
      (n: number): unknown => n % 3,
    );
    fc.assert(
      fc.property(list, list, asObjects, (from, to, wrap) => {
        const [before, after] = [{ list: from.map(wrap) }, { list: to.map(wrap) }];
        const patch = compareVersions(
          { label: '', tree: before },
          { label: '', tree: after },
          NOTHING,
        ).toJsonPatch();

        expect(patched(before, patch)).toEqual(after);
      }),
      runs(2_000),
    );
  });

  it('turns the first redacted version into exactly the second redacted version', () => {
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const patch = compareVersions(
          { label: '', tree: from },
          { label: '', tree: to },
          PASSWORDS,
        ).toJsonPatch();
        const open = (value: unknown) => PASSWORDS.redact(value);

        expect(patched(open(from), patch)).toEqual(open(to));
      }),
      runs(1_000),
    );
  });
});

describe('the difference between two versions', () => {
  it('has an entry for each differing value, and a line of text for each entry', () => {
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const diff = compareVersions({ label: '', tree: from }, { label: '', tree: to }, NOTHING);
        const isSame = JSON.stringify(sorted(from)) === JSON.stringify(sorted(to));

        expect(diff.entries.length === 0).toBe(isSame);
        const signs = diff
          .toText()
          .split('\n')
          .filter((line) => /^ {2}[-+~!>] /.test(line));
        expect(signs).toHaveLength(diff.entries.length);
      }),
      runs(1_000),
    );
  });
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
