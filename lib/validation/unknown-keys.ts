import { isObjectBranch, isPlainObject } from '../util/branches.js';
import { closestName } from '../util/did-you-mean.js';
import { formatPath } from '../model/paths.js';
import { SchemaKeys } from './schema-keys.js';
import type { PathIssue, UnknownKey } from './validator.interface.js';

/**
 * Returns the keys of a plain tree that the classes of its validated instance do not declare. Parts of the instance
 * without a class (records, maps, arrays of scalars) accept any key.
 */
export function findUnknownKeys(tree: unknown, instance: unknown): UnknownKey[] {
  const search = new Search();
  search.visit(tree, instance);
  return search.found;
}

class Search {
  readonly found: UnknownKey[] = [];
  readonly #path: string[] = [];
  /** Reading the keys of a class is expensive, and the elements of an array share one class. */
  readonly #known = new Map<unknown, SchemaKeys | undefined>();

  visit(tree: unknown, instance: unknown): void {
    if (Array.isArray(tree)) {
      const elements: unknown = instance instanceof Set ? [...instance] : instance;
      if (Array.isArray(elements))
        tree.forEach((element, at) => this.#below(String(at), element, elements[at]));
    } else if (!isPlainObject(tree)) return;
    else if (instance instanceof Map) {
      for (const key of Object.keys(tree)) this.#below(key, tree[key], instance.get(key));
    } else if (isObjectBranch(instance)) this.#members(tree, instance, this.#keysOf(instance));
  }

  #members(tree: Record<string, unknown>, instance: Record<string, unknown>, keys?: SchemaKeys): void {
    for (const key of Object.keys(tree)) {
      if (keys === undefined) this.#below(key, tree[key], instance[key]);
      else if (keys.accepts(key)) this.#below(key, tree[key], instance[keys.propertyOf(key)]);
      else this.found.push(unknownKey(this.#path, key, this.found.length < MAX_GUESSES ? keys.names : []));
    }
  }

  #below(key: string, tree: unknown, instance: unknown): void {
    if (typeof tree !== 'object') return;
    this.#path.push(key);
    this.visit(tree, instance);
    this.#path.pop();
  }

  #keysOf(instance: object): SchemaKeys | undefined {
    const type = instance.constructor;
    if (!this.#known.has(type)) this.#known.set(type, SchemaKeys.of(instance));
    return this.#known.get(type);
  }
}

/**
 * Returns the keys of a tree that are missing in the value a schema library made of it: most libraries drop the keys
 * they do not know. Below an object that a transform replaced, nothing is reported.
 *
 * @param base path of the tree, for the results
 */
export function findDroppedKeys(tree: unknown, value: unknown, base: readonly string[] = []): UnknownKey[] {
  const found: UnknownKey[] = [];
  visit(tree, value, base);
  return found;

  function visit(before: unknown, after: unknown, path: readonly string[]): void {
    if (Array.isArray(before)) {
      if (!Array.isArray(after) || after.length !== before.length) return;
      before.forEach((element, index) => visit(element, after[index], [...path, String(index)]));
    } else if (isPlainObject(before) && isObjectBranch(after)) {
      const names = Object.keys(after);
      for (const key of Object.keys(before)) {
        const member = before[key];
        const isBranch = typeof member === 'object' && member !== null;
        if (!Object.hasOwn(after, key)) {
          if (member !== undefined)
            found.push(unknownKey(path, key, found.length < MAX_GUESSES ? names : []));
        } else if (isBranch) visit(member, after[key], [...path, key]);
      }
    }
  }
}

/** Unknown keys that are compared with the known ones: a file may have 100,000, and no more than these are read. */
const MAX_GUESSES = 100;

function unknownKey(path: readonly string[], key: string, known: readonly string[]): UnknownKey {
  const closest = closestName(key, known);
  return {
    path: [...path, key],
    suggestion: closest === undefined ? undefined : formatPath([...path, closest]),
  };
}

/** Describes an unknown key to users, with the key that was probably meant. */
export function unknownKeyIssue({ path, suggestion }: UnknownKey): PathIssue {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return {
    path,
    message: `${formatPath(path)} is not a known key${hint}`,
    part: 'key',
    isUnknownKey: true,
  };
}
