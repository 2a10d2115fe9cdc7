import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';

/**
 * Freezes trees to their leaves (invariant 2), and remembers which ones, so that a subtree shared with an earlier
 * snapshot is not walked again.
 */
export class Freezer {
  readonly #frozen = new WeakSet<object>();

  /** Freezes `value` and everything below it, and gives it back. */
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

  /** Accessors of a schema class are left alone: reading them here would run the app's code. */
  #freezeFields(instance: object): void {
    for (const key of Reflect.ownKeys(instance)) {
      const field = Object.getOwnPropertyDescriptor(instance, key);
      if (field !== undefined && 'value' in field) this.freeze(field.value as unknown);
    }
  }

  /**
   * `Object.freeze` does not reach into a Date, Map, Set or URL: what changes them is shadowed by what throws. That
   * holds off mistakes, not malice (`Map.prototype.set.call(map, …)`). Out of reach are the bytes of a Buffer, private
   * fields of foreign classes, and a Date, Map, Set or URL that was frozen before it came here.
   */
  #sealOpaque(value: object): void {
    if (this.#frozen.has(value) || isMarkedOpaque(value)) return;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
    this.#frozen.add(value);
    if (value instanceof Map) this.#freezeAll(value.keys());
    if (value instanceof Map || value instanceof Set) this.#freezeAll(value.values());
    if (value instanceof URL) this.#sealOpaque(value.searchParams);
    if (Object.isExtensible(value)) shadowMutators(value);
    // Frozen, a RegExp that remembers where it was (flags g and y) could not be used any more.
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
  throw new TypeError('Configuration is immutable: change the source it comes from instead');
}
