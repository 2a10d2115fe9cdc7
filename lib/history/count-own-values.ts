import { getOwn, isBranch } from '../util/branches.js';

/** A long string counts as one value more for each of these characters. */
const LONG = 128;

/** Counts the keys and elements of a value that it does not share with an earlier one: what it takes memory for. */
export function countOwnValues(value: unknown, earlier: unknown): number {
  if (Object.is(value, earlier) || !isBranch(value)) return 0;
  const before = isBranch(earlier) ? earlier : {};
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = members.length;
  let keys: readonly string[] | undefined;
  for (let index = 0; index < members.length; index += 1) {
    const member = members[index];
    if (typeof member === 'string') count += Math.floor(member.length / LONG);
    if (typeof member !== 'object' || member === null) continue;
    keys ??= Array.isArray(value) ? undefined : Object.keys(value);
    count += countOwnValues(member, getOwn(before, keys?.[index] ?? String(index)));
  }
  return count;
}
