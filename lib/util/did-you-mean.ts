import { closestMatch } from 'leven';

/** Which of the known names was meant by one that is none of them; undefined where it is like none. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  // More letters wrong than that is another word, not a slip. Two letters swapped count as two.
  return closestMatch(name, known, { maxDistance: Math.ceil(name.length * 0.4) });
}
