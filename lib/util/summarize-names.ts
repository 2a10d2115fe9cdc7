/** Joins names for a sentence, the first few of many: `a, b, c, d, e and 2 more`. */
export function summarizeNames(names: readonly string[], max = 5): string {
  const rest = names.length - max;
  return `${names.slice(0, max).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
