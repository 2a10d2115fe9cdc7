import { isObjectBranch, isPlainObject } from '../util/branches.js';
import { SchemaKeys } from './schema-keys.js';
import { unknownKey } from './unknown-key.js';
import type { UnknownKey } from './validator.interface.js';

/**
 * The keys of a plain tree that the classes of its validated instance do not declare. Parts of the instance that are
 * no class instances (records, maps, arrays of scalars) may hold any key.
 */
export function findUnknownKeys(tree: unknown, instance: unknown): UnknownKey[] {
  const search = new Search();
  search.visit(tree, instance);
  return search.found;
}

class Search {
  readonly found: UnknownKey[] = [];
  readonly #path: string[] = [];
  /** Asking a class for its keys takes long, and elements of an array are of one class. */
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
      else this.found.push(unknownKey(this.#path, key, keys.names));
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
