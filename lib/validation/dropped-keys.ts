import { closestMatch } from 'leven';
import { isObjectBranch, isPlainObject } from '../snapshot/branches.js';
import { formatPath } from '../snapshot/paths.js';
import type { UnknownKey } from './validator.interface.js';

/**
 * The keys of a tree that are not in the value a schema made of it: most libraries leave out what they do not know.
 * Where a transform made something else of an object, nothing can be told.
 */
export function findDroppedKeys(tree: unknown, value: unknown): UnknownKey[] {
  const found: UnknownKey[] = [];
  visit(tree, value, []);
  return found;

  function visit(before: unknown, after: unknown, path: readonly string[]): void {
    if (Array.isArray(before)) {
      if (!Array.isArray(after) || after.length !== before.length) return;
      before.forEach((element, index) => visit(element, after[index], [...path, String(index)]));
    } else if (isPlainObject(before) && isObjectBranch(after)) {
      for (const key of Object.keys(before)) {
        const member = before[key];
        if (typeof member === 'object' && member !== null) {
          if (Object.hasOwn(after, key)) visit(member, after[key], [...path, key]);
          else found.push(droppedKey(path, key, after));
        } else if (member !== undefined && !Object.hasOwn(after, key)) {
          found.push(droppedKey(path, key, after));
        }
      }
    }
  }
}

function droppedKey(path: readonly string[], key: string, after: object): UnknownKey {
  // More letters wrong than that is another word, not a slip.
  const closest = closestMatch(key, Object.keys(after), { maxDistance: Math.ceil(key.length * 0.4) });
  return {
    path: [...path, key],
    suggestion: closest === undefined ? undefined : formatPath([...path, closest]),
  };
}
