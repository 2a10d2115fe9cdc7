import { isBranch } from './branches.js';
import { sameLeaf } from './equality.js';

/**
 * Structural sharing: gives `next` with every subtree that says the same as in `previous` replaced by that very
 * subtree, or `previous` itself where all is the same. What is shared is neither frozen, hashed nor compared again, and
 * costs a version nothing.
 *
 * `next` must be new: its members are replaced in place.
 */
export function share<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (!isBranch(previous) || !isBranch(next)) return sameLeaf(previous, next) ? (previous as T) : next;
  if (Object.getPrototypeOf(previous) !== Object.getPrototypeOf(next)) return next;

  const before = previous as Record<string, unknown>;
  const after = next as Record<string, unknown>;
  const replaceable = !Object.isFrozen(next);
  const keys = Object.keys(after);
  let same = keys.length === Object.keys(before).length;
  for (const key of keys) {
    const value = after[key];
    if (!Object.hasOwn(before, key)) {
      same = false;
      continue;
    }
    const shared = share(before[key], value);
    if (!Object.is(shared, before[key])) same = false;
    if (replaceable && !Object.is(shared, value)) replaceMember(after, key, shared);
  }
  // The order of keys is what people see in listings; it is not part of what a configuration says.
  return same ? (previous as T) : next;
}

function replaceMember(target: Record<string, unknown>, key: string, value: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (descriptor?.writable) target[key] = value;
}
