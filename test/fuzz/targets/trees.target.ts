import assert from 'node:assert/strict';
import { applyPatch } from 'rfc6902';
import { compareVersions } from '../../../lib/diff/version-diff.js';
import { secretPatterns } from '../../../lib/patterns/secret-patterns.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';
import { ContentHasher } from '../../../lib/snapshot/content-hash.js';
import { diff } from '../../../lib/snapshot/diff.js';
import { merge } from '../../../lib/snapshot/merge.js';
import { shareUnchanged } from '../../../lib/snapshot/share-unchanged.js';
import { valueAt } from '../../../lib/model/paths.js';
import { stringifyTree, parseTree } from '../../../lib/history/persistence/tree-json.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { findForbiddenKeys } from '../../../lib/limits/forbidden-keys.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkPrototypes } from './promises.js';
import { partsOf, treeOfLines } from './tree-of-lines.js';

const NO_SECRETS = new SecretPolicy(secretPatterns(['!**']));

/** Two trees: they are merged, compared and written. */
const trees: FuzzTarget = {
  name: 'trees',
  words: [
    'a = ',
    'b = ',
    'a.b = ',
    'list = ',
    '[]',
    '{}',
    '[1,2,3]',
    '[{"id":1},{"id":2,"v":1}]',
    '[{"name":"x","list":[1]}]',
    ',{"id":3}',
    'null',
    '1',
    '"1"',
    '-0',
    '__proto__ = ',
    "['__proto__'].x = ",
    '{"__proto__":{"polluted":1}}',
    '"constructor":{"prototype":1}',
    '~1',
    '/',
    '\n',
    '\n===\n',
  ],
  async run(input) {
    const [a, b] = partsOf(input, 2).map(treeOfLines) as [
      ReturnType<typeof treeOfLines>,
      ReturnType<typeof treeOfLines>,
    ];
    const [textOfA, textOfB] = [JSON.stringify(a), JSON.stringify(b)];
    checkMerge(merge([a, b]));
    checkDiff(a, b);
    assert.equal(
      hash(shareUnchanged(structuredClone(a), structuredClone(b))),
      hash(b),
      'sharing changes the content',
    );
    await checkStored(a);
    assert.deepEqual([JSON.stringify(a), JSON.stringify(b)], [textOfA, textOfB], 'a tree was changed');
    checkPrototypes();
  },
};

function checkMerge(merged: unknown): void {
  if (typeof merged !== 'object' || merged === null) return;
  const prototype: unknown = Object.getPrototypeOf(merged);
  assert(prototype === Object.prototype || prototype === Array.prototype, 'merge has set a prototype');
  for (const key of Object.keys(merged)) checkMerge(valueAt(merged, [key]));
}

function checkDiff(a: object, b: object): void {
  const changes = diff(a, b);
  assert.equal(changes.length === 0, hash(a) === hash(b), 'diff and hash disagree');
  for (const { segments, previous, current } of changes) {
    assert.equal(valueAt(a, segments), previous, 'a change has another previous value');
    assert.equal(valueAt(b, segments), current, 'a change has another current value');
  }
  const compared = compareVersions({ label: 'a', tree: a }, { label: 'b', tree: b }, NO_SECRETS);
  compared.toText();
  // The package that applies patches refuses these keys.
  if (findForbiddenKeys(a).length > 0 || findForbiddenKeys(b).length > 0) return;
  const patched = structuredClone(a);
  const errors = applyPatch(patched, structuredClone(compared.toJsonPatch()) as never);
  assert.deepEqual(
    errors.filter((error) => error !== null),
    [],
    'a patch cannot be applied',
  );
  assert.deepEqual(patched, structuredClone(b), 'a patch leads to another tree');
}

async function checkStored(tree: object): Promise<void> {
  if (findForbiddenKeys(tree).length > 0) return;
  const { json } = await stringifyTree(tree);
  const limits = { ...DEFAULT_CONTENT_LIMITS, maxDepth: 1_000 };
  assert.deepEqual(parseTree(json, limits).tree, tree, 'a stored tree is another one');
}

function hash(tree: object): string {
  return new ContentHasher().hash(tree);
}

export const TREE_TARGETS: readonly FuzzTarget[] = [trees];
