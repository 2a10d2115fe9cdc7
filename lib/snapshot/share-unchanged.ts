import { getOwn, isBranch, isPlainObject, isSameKind } from '../util/branches.js';
import { isSameLeaf } from './canonical-string.js';

type Members = Record<string, unknown>;

/**
 * Structural sharing: returns `next` with every subtree that has the same content in `previous` replaced by that very
 * subtree, or `previous` itself if nothing differs. Shared subtrees are not frozen, hashed or compared again, and cost a
 * version no memory.
 *
 * Plain objects and arrays of `next` are copied before a member is replaced: they may belong to a source. Instances of
 * classes cannot be copied and are changed in place: a schema has just created them.
 */
export function shareUnchanged<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (!isBranch(previous) || !isBranch(next)) return isSameLeaf(previous, next) ? (previous as T) : next;
  if (!isSameKind(previous, next)) return next;
  return shareMembers(previous as Members, next as Members) as T;
}

function shareMembers(previous: Members, next: Members): Members {
  const keys = Object.keys(next);
  const values: readonly unknown[] = Object.values(next);
  // Mostly the keys are the same, in the same order: then no look-up by key is needed.
  const isAligned = areEqual(Object.keys(previous), keys);
  const before = isAligned ? Object.values(previous) : keys.map((key) => getOwn(previous, key));
  let result = next;
  let isSame = isAligned || hasNoOtherMembers(previous, before);
  for (let index = 0; index < keys.length; index += 1) {
    const was = before[index];
    const value = values[index];
    if (Object.is(was, value)) continue;
    const shared = shareUnchanged(was, value);
    if (!Object.is(shared, was)) isSame = false;
    if (Object.is(shared, value)) continue;
    if (result === next) result = writable(next);
    replaceMember(result, keys[index]!, shared);
  }
  return isSame ? previous : result;
}

function areEqual(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index += 1) if (keys[index] !== others[index]) return false;
  return true;
}

/**
 * Checks whether all defined members of a branch are among `members`. The order of keys is not part of the content of a
 * configuration; the order of an array is.
 */
function hasNoOtherMembers(branch: Members, members: readonly unknown[]): boolean {
  return !Array.isArray(branch) && countDefined(Object.values(branch)) === countDefined(members);
}

function countDefined(members: readonly unknown[]): number {
  let count = 0;
  for (const member of members) if (member !== undefined) count += 1;
  return count;
}

function writable(branch: Members): Members {
  if (Array.isArray(branch)) return branch.slice() as unknown as Members;
  return isPlainObject(branch) ? { ...branch } : branch;
}

function replaceMember(target: Members, key: string, value: unknown): void {
  if (Object.getOwnPropertyDescriptor(target, key)?.writable) target[key] = value;
}
