import { canonicalString } from './canonical-string.js';

/** Whether two values, one of which at least is no branch, say the same. */
export function isSameLeaf(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) && canonicalString(a) === canonicalString(b);
}
