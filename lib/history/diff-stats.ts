import type { Change } from '../changes/change.interface.js';

/**
 * How many paths differ, and how.
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

/** Counts changes by what they are. */
export function diffStats(changes: readonly Change[]): DiffStats {
  const stats = { added: 0, removed: 0, changed: 0, typeChanged: 0 };
  for (const { kind, previous, current } of changes) {
    const isTypeChange = kind === 'changed' && typeOf(previous) !== typeOf(current);
    stats[isTypeChange ? 'typeChanged' : kind] += 1;
  }
  return stats;
}

/** The type of a value as people see it: null and arrays are no objects, an instance is of its class. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object') return typeof value;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' ? name : 'Object';
}
