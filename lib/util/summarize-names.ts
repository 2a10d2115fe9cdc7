/** How many names a sentence holds. */
const MOST = 5;

/** Names for a sentence; of many, the first: `a, b, c, d, e and 2 more`. */
export function summarizeNames(names: readonly string[]): string {
  const rest = names.length - MOST;
  return `${names.slice(0, MOST).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
