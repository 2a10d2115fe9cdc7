import { isBranch } from './branches.js';

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
    for (const key of Reflect.ownKeys(branch)) {
      // Accessors of a schema class are left alone: reading them here would run the app's code.
      const descriptor = Object.getOwnPropertyDescriptor(branch, key);
      if (descriptor !== undefined && 'value' in descriptor) this.freeze(descriptor.value as unknown);
    }
  }

  /**
   * `Object.freeze` does not reach into a Date, Map or Set: their mutators are shadowed by ones that throw. The bytes
   * of a Buffer cannot be protected at all.
   */
  #sealOpaque(value: object): void {
    if (this.#frozen.has(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
    this.#frozen.add(value);
    if (value instanceof Map || value instanceof Set) {
      for (const member of value.keys()) this.freeze(member);
      for (const member of value.values()) this.freeze(member);
    }
    if (Object.isFrozen(value)) return;
    for (const mutator of mutatorsOf(value)) {
      Object.defineProperty(value, mutator, { value: refuseMutation, enumerable: false });
    }
    Object.freeze(value);
  }
}

function mutatorsOf(value: object): string[] {
  if (value instanceof Map) return ['set', 'delete', 'clear'];
  if (value instanceof Set) return ['add', 'delete', 'clear'];
  if (!(value instanceof Date)) return [];
  return Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));
}

function refuseMutation(): never {
  throw new TypeError('Configuration is immutable: change the source it comes from instead');
}
