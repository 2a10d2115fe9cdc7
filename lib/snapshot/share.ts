import { isBranch, isPlainObject, isSameKind } from './branches.js';
import { sameLeaf } from './equality.js';

type Members = Record<string, unknown>;

/**
 * Structural sharing: gives `next` with every subtree that says the same as in `previous` replaced by that very
 * subtree, or `previous` itself where all is the same. What is shared is neither frozen, hashed nor compared again, and
 * costs a version nothing.
 *
 * Plain objects and arrays of `next` are copied where a member is replaced: they may be a source's own. Instances of
 * classes cannot be copied and are changed in place: a schema made them just now.
 */
export function share<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (!isBranch(previous) || !isBranch(next)) return sameLeaf(previous, next) ? (previous as T) : next;
  if (!isSameKind(previous, next)) return next;
  return shareMembers(previous as Members, next as Members) as T;
}

function shareMembers(previous: Members, next: Members): Members {
  let result = next;
  let isSame = !Array.isArray(next) || previous.length === next.length;
  let met = 0;
  for (const key of Object.keys(next)) {
    const value = next[key];
    let before = previous[key];
    if (before !== undefined && !Object.hasOwn(previous, key)) before = undefined;
    if (before !== undefined) met += 1;
    if (Object.is(before, value)) continue;
    const shared = share(before, value);
    if (!Object.is(shared, before)) isSame = false;
    if (Object.is(shared, value)) continue;
    if (result === next) result = writable(next);
    replaceMember(result, key, shared);
  }
  // The order of keys is what people see in listings; it is not part of what a configuration says.
  return isSame && met === countSaid(previous) ? previous : result;
}

/** A member that is undefined says nothing. */
function countSaid(branch: Members): number {
  return Object.values(branch).reduce<number>(
    (count, member) => (member === undefined ? count : count + 1),
    0,
  );
}

function writable(branch: Members): Members {
  if (Array.isArray(branch)) return branch.slice() as unknown as Members;
  return isPlainObject(branch) ? { ...branch } : branch;
}

function replaceMember(target: Members, key: string, value: unknown): void {
  if (Object.getOwnPropertyDescriptor(target, key)?.writable) target[key] = value;
}
