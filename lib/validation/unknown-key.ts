import { closestMatch } from 'leven';
import { formatPath } from '../snapshot/paths.js';
import type { UnknownKey } from './validator.interface.js';

/** A key below `path` that is none of the known ones, and which of them may have been meant. */
export function unknownKey(path: readonly string[], key: string, known: readonly string[]): UnknownKey {
  // More letters wrong than that is another word, not a slip. Two letters swapped count as two.
  const closest = closestMatch(key, known, { maxDistance: Math.ceil(key.length * 0.4) });
  return {
    path: [...path, key],
    suggestion: closest === undefined ? undefined : formatPath([...path, closest]),
  };
}
