import { closestMatch } from 'leven';

/** Returns the known name that `name` is probably a misspelling of; undefined if none is similar enough. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  // With more wrong characters it is another word, not a typo. Two swapped characters count as two.
  return closestMatch(name, known, { maxDistance: Math.ceil(name.length * 0.4) });
}
