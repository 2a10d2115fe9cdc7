import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';

/**
 * Freezes trees down to their leaves (invariant 2). Frozen branches are remembered, so that a subtree shared with an
 * earlier snapshot is not walked again.
 */
export class Freezer {
  readonly #frozen = new WeakSet<object>();

  /** Freezes `value` with everything below it, and returns it. */
  freeze<T>(value: T): T {
    if (isBranch(value)) this.#freezeBranch(value);
    else if (typeof value === 'object' && value !== null) this.#sealOpaque(value);
    return value;
  }

  #freezeBranch(branch: object): void {
    if (this.#frozen.has(branch)) return;
    this.#frozen.add(branch);
    Object.freeze(branch);
    const isData = Array.isArray(branch) || isPlainObject(branch);
    if (isData && Object.getOwnPropertySymbols(branch).length === 0) this.#freezeAll(Object.values(branch));
    else this.#freezeFields(branch);
  }

  #freezeAll(members: Iterable<unknown>): void {
    for (const member of members) if (typeof member === 'object' && member !== null) this.freeze(member);
  }

  /** Skips accessors of a schema class: reading them would run code of the app. */
  #freezeFields(instance: object): void {
    for (const key of Reflect.ownKeys(instance)) {
      const field = Object.getOwnPropertyDescriptor(instance, key);
      if (field !== undefined && 'value' in field) this.freeze(field.value as unknown);
    }
  }

  /**
   * `Object.freeze` does not protect the content of a Date, Map, Set or URL: their mutating methods are shadowed by ones
   * that throw. That prevents mistakes, not attacks (`Map.prototype.set.call(map, …)`). Not protected are the bytes of a
   * Buffer, private fields of other classes, and a Date, Map, Set or URL that was already frozen.
   */
  #sealOpaque(value: object): void {
    if (this.#frozen.has(value) || isMarkedOpaque(value)) return;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
    this.#frozen.add(value);
    if (value instanceof Map) this.#freezeAll(value.keys());
    if (value instanceof Map || value instanceof Set) this.#freezeAll(value.values());
    if (value instanceof URL) this.#sealOpaque(value.searchParams);
    if (Object.isExtensible(value)) shadowMutators(value);
    // A RegExp with the flag g or y writes its `lastIndex`; frozen, it would throw when it is used.
    if (!(value instanceof RegExp && (value.global || value.sticky))) Object.freeze(value);
  }
}

function shadowMutators(value: object): void {
  for (const name of mutatorsOf(value)) Object.defineProperty(value, name, { value: refuseMutation });
  if (!(value instanceof URL)) return;
  for (const [name, accessor] of Object.entries(Object.getOwnPropertyDescriptors(URL.prototype))) {
    if ('set' in accessor) Object.defineProperty(value, name, { ...accessor, set: refuseMutation });
  }
}

function mutatorsOf(value: object): readonly string[] {
  if (value instanceof Map) return ['set', 'delete', 'clear'];
  if (value instanceof Set) return ['add', 'delete', 'clear'];
  if (value instanceof URLSearchParams) return ['append', 'delete', 'set', 'sort'];
  if (value instanceof RegExp) return ['compile'];
  if (!(value instanceof Date)) return [];
  return Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));
}

function refuseMutation(): never {
  throw new TypeError('Configuration is immutable: change its source instead');
}
