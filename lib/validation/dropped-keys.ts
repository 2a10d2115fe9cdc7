import { isObjectBranch, isPlainObject } from '../util/branches.js';
import { unknownKey } from './unknown-key.js';
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
        const isBranch = typeof member === 'object' && member !== null;
        if (!Object.hasOwn(after, key)) {
          if (member !== undefined) found.push(unknownKey(path, key, Object.keys(after)));
        } else if (isBranch) visit(member, after[key], [...path, key]);
      }
    }
  }
}
