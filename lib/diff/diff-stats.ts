import type { Change } from '../model/change.interface.js';
import { isWithin } from '../model/paths.js';
import { typeName } from './type-name.js';

/**
 * Numbers of differing values, by the kind of difference.
 *
 * @publicApi
 */
export interface DiffStats {
  readonly added: number;
  readonly removed: number;
  /** Another value of the same type. */
  readonly changed: number;
  /** A value of another type: a number became a string, a list became an object. */
  readonly typeChanged: number;
}

/**
 * Counts the changes of a reload by their kind. A value that changed its type counts once: the additions and removals
 * below it do not count.
 */
export function diffStats(changes: readonly Change[]): DiffStats {
  const stats = { added: 0, removed: 0, changed: 0, typeChanged: 0 };
  /** The path of the last change of type: the changes below it follow directly. */
  let typeChangedAt: readonly string[] | undefined;
  for (const { kind, segments, previous, current } of changes) {
    if (typeChangedAt !== undefined && isWithin(segments, typeChangedAt)) continue;
    const isTypeChange = kind === 'changed' && typeName(previous) !== typeName(current);
    typeChangedAt = isTypeChange ? segments : undefined;
    stats[isTypeChange ? 'typeChanged' : kind] += 1;
  }
  return stats;
}
