import { isObjectBranch } from '../util/branches.js';

type List = readonly unknown[];

/** Returns the first of `keys` that all elements of both lists have, with a different value in each element of a list. */
export function identityKeyOf(before: List, after: List, keys: readonly string[]): string | undefined {
  const isUnique = (list: List, key: string) => {
    const seen = new Set<string>();
    return list.every((element) => {
      const identity = identityOf(element, key);
      return identity !== undefined && seen.size < seen.add(identity).size;
    });
  };
  return keys.find((key) => isUnique(before, key) && isUnique(after, key));
}

/** The identity of an element under `key`; a number and its string are the same identity. */
export function identityOf(element: unknown, key: string): string | undefined {
  if (!isObjectBranch(element) || !Object.hasOwn(element, key)) return undefined;
  const identity = element[key];
  return typeof identity === 'string' || typeof identity === 'number' ? String(identity) : undefined;
}
