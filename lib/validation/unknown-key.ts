import { closestName } from '../util/did-you-mean.js';
import { formatPath } from '../model/paths.js';
import type { UnknownKey } from './validator.interface.js';

/** A key below `path` that is none of the known ones, and which of them may have been meant. */
export function unknownKey(path: readonly string[], key: string, known: readonly string[]): UnknownKey {
  const closest = closestName(key, known);
  return {
    path: [...path, key],
    suggestion: closest === undefined ? undefined : formatPath([...path, closest]),
  };
}
