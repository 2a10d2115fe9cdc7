const MAX_NAMES = 5;

/** Joins names for a sentence, the first few of many: `a, b, c, d, e and 2 more`. */
export function summarizeNames(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
