import { isBranch, getOwn } from '../../util/branches.js';
import { identityKeyOf, identityOf } from '../../diff/element-identity.js';
import type { ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import { setAt, type ParsedTree } from './tree-json.js';

/** Keys that identify an element of a list. Not `key`, because a key is likely to be a secret. */
const IDENTITY_KEYS: readonly string[] = ['id', '_id', 'uuid', 'name'];

/** Stands in a tree for a value that is not in its file, while the tree is compared with the live one. */
const ABSENT = Symbol('absent') as unknown as ConfigValue;

type List = readonly unknown[];

/** Returns the index of an element in the live list; `undefined` if it cannot be known. */
type ElementFinder = (index: number) => number | undefined;

/**
 * Sets the values of a restored tree that are not in its file: the stored secrets, and otherwise the values at the same
 * place of the live tree. In a list, the same place is the element with the same identity, or, if the elements have no
 * identity, the same index, provided that the lists differ in nothing but the absent values: the key of one provider must
 * never become the key of another one because their order has changed.
 *
 * @param stored The secrets that were stored, by their path.
 * @returns the tree, which is changed in place, and the paths of the values that were found nowhere
 */
export function restoreAbsentValues(
  { tree, absentPaths }: ParsedTree,
  live: unknown,
  stored: ReadonlyMap<string, ConfigValue>,
): { readonly tree: ConfigValue; readonly missing: readonly string[] } {
  const marked = absentPaths.reduce((root, path) => setAt(root, path, ABSENT), tree);
  // All are looked up before the first one is set: a list is compared as it was stored.
  const finders = new Map<List, ElementFinder>();
  const values = absentPaths.map(
    (path) => stored.get(formatPath(path)) ?? findLive(marked, live, path, finders),
  );
  return {
    tree: absentPaths.reduce((root, path, index) => setAt(root, path, values[index]), marked),
    missing: absentPaths.filter((_path, index) => values[index] === undefined).map(formatPath),
  };
}

function findLive(
  restored: ConfigValue,
  live: unknown,
  path: readonly string[],
  finders: Map<List, ElementFinder>,
): ConfigValue {
  let [before, now]: unknown[] = [restored, live];
  for (const key of path) {
    if (!isBranch(before) || !isBranch(now) || Array.isArray(before) !== Array.isArray(now)) return undefined;
    let liveKey: string | undefined = key;
    if (Array.isArray(before)) {
      const find = finders.get(before) ?? elementFinder(before, now as List);
      finders.set(before, find);
      liveKey = find(Number(key))?.toString();
    }
    before = getOwn(before, key);
    now = liveKey === undefined ? undefined : getOwn(now, liveKey);
  }
  return now as ConfigValue;
}

function elementFinder(before: List, now: List): ElementFinder {
  const key = identityKeyOf(before, now, IDENTITY_KEYS);
  if (key === undefined) return hasSameContent(before, now) ? (index) => index : () => undefined;
  const indexes = new Map(now.map((element, index) => [identityOf(element, key), index]));
  return (index) => indexes.get(identityOf(before[index], key));
}

/** Compares the content, except for the values that are absent in the first one. */
function hasSameContent(before: unknown, now: unknown): boolean {
  if (before === ABSENT) return true;
  if (!isBranch(before) || !isBranch(now)) return Object.is(before, now);
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(now).length &&
    keys.every((key) => Object.hasOwn(now, key) && hasSameContent(getOwn(before, key), getOwn(now, key)))
  );
}
