import { compilePatterns, selectChanges } from '../../../lib/patterns/pattern.js';
import type { Veto } from '../../../lib/reload/vetoes.js';

/** Creates a veto that is called for the changes that a pattern selects. */
export function veto(label: string, pattern: string, call: Veto['call'], timeout = 1_000): Veto {
  const patterns = compilePatterns(pattern);
  return { label, timeout, select: (changes) => selectChanges(patterns, changes), call };
}
