import { closestMatch } from 'leven';

/** The longest name, and most known names, that are compared: both may come from a file. */
const MAX_LENGTH = 200;
const MAX_KNOWN = 1_000;

/** Returns the known name that `name` is probably a misspelling of; undefined if none is similar enough. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH || known.length > MAX_KNOWN) return undefined;
  // With more wrong characters it is another word, not a typo. Two swapped characters count as two.
  return closestMatch(name, known, { maxDistance: Math.ceil(name.length * 0.4) });
}
