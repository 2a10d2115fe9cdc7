import type { Change } from '../model/change.interface.js';
import { isWithin } from '../model/paths.js';
import { typeName } from './type-name.js';

/**
 * How many values differ, and how.
 *
 * @publicApi
 */
export interface DiffStats {
  readonly added: number;
  readonly removed: number;
  /** Another value of the same type. */
  readonly changed: number;
  /** A value of another type: a number became a text, a list an object. */
  readonly typeChanged: number;
}

/**
 * Counts the changes of a reload by what they are. What gave way to another type is one change of type, whatever came
 * or went below it.
 */
export function diffStats(changes: readonly Change[]): DiffStats {
  const stats = { added: 0, removed: 0, changed: 0, typeChanged: 0 };
  /** What changed its type last: the changes below it follow at once. */
  let above: readonly string[] | undefined;
  for (const { kind, segments, previous, current } of changes) {
    if (above !== undefined && isWithin(segments, above)) continue;
    const isTypeChange = kind === 'changed' && typeName(previous) !== typeName(current);
    above = isTypeChange ? segments : undefined;
    stats[isTypeChange ? 'typeChanged' : kind] += 1;
  }
  return stats;
}
