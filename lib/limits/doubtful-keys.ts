import { describeInvisible } from '../util/control-characters.js';

/** A key that is another one than it looks. */
export interface DoubtfulKey {
  readonly path: readonly string[];
  /** A sentence without its subject, which is the path. */
  readonly message: string;
}

/** Problems reported for one file; an operator does not read more. */
const MAX_FOUND = 20;

const NOT_ASCII = /[\u0080-\uffff]/;

/**
 * Finds keys with invisible characters, as pasted from a web page, and keys of one object that look the same because they
 * differ in their Unicode normal form only. The value is a tree that `inspectTree` has accepted.
 */
export function findDoubtfulKeys(value: unknown): DoubtfulKey[] {
  const found: DoubtfulKey[] = [];
  const path: string[] = [];
  const seen = new Set<object>();
  visit(value);
  return found;

  function visit(branch: unknown): void {
    if (typeof branch !== 'object' || branch === null || seen.has(branch) || found.length >= MAX_FOUND)
      return;
    seen.add(branch); // an alias has the same keys at each place
    const keys = Object.keys(branch);
    if (!Array.isArray(branch)) check(keys);
    for (const key of keys) {
      const member = (branch as Record<string, unknown>)[key];
      if (typeof member !== 'object' || member === null) continue;
      path.push(key);
      visit(member);
      path.pop();
    }
  }

  function check(keys: readonly string[]): void {
    const normal = new Set<string>();
    for (const key of keys) {
      if (!NOT_ASCII.test(key)) continue;
      const message = messageFor(key, normal);
      if (message !== undefined) found.push({ path: [...path, key], message });
      normal.add(key.normalize());
    }
  }
}

/** @param before The keys before it in the same object, in NFC. */
function messageFor(key: string, before: ReadonlySet<string>): string | undefined {
  const invisible = describeInvisible(key);
  if (invisible !== undefined)
    return `has ${invisible} in its last key, so it is another key than it looks; type the key again`;
  if (before.has(key.normalize()))
    return 'looks the same as another key beside it, but has other Unicode characters (NFC and NFD); remove one of them';
  return undefined;
}
