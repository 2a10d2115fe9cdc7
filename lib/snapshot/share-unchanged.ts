import { isBranch, isPlainObject, isSameKind, getOwn } from '../util/branches.js';
import { isSameLeaf } from './equality.js';

type Members = Record<string, unknown>;

/**
 * Structural sharing: gives `next` with every subtree that says the same as in `previous` replaced by that very
 * subtree, or `previous` itself where all is the same. What is shared is neither frozen, hashed nor compared again, and
 * costs a version nothing.
 *
 * Plain objects and arrays of `next` are copied where a member is replaced: they may be a source's own. Instances of
 * classes cannot be copied and are changed in place: a schema made them just now.
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
  // Mostly the keys are the same, in the same order: then none has to be looked up.
  const isAligned = areSame(Object.keys(previous), keys);
  const before = isAligned ? Object.values(previous) : keys.map((key) => getOwn(previous, key));
  let result = next;
  let isSame = isAligned || saysNoMore(previous, before);
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

function areSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index += 1) if (keys[index] !== others[index]) return false;
  return true;
}

/**
 * Whether a branch has nothing but these members of it, and members that are undefined, which say nothing. The order of
 * keys is what people see in listings; it is not part of what a configuration says. That of an array is.
 */
function saysNoMore(branch: Members, members: readonly unknown[]): boolean {
  return !Array.isArray(branch) && countSaid(Object.values(branch)) === countSaid(members);
}

function countSaid(members: readonly unknown[]): number {
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
