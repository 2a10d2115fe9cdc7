import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';
import { copyBytes, isBytes } from '../util/bytes.js';
import { guardList, isGuardedList } from './guarded-list.js';

type Members = Record<string, unknown>;

/**
 * Freezes trees down to their leaves (invariant 2). Frozen branches are remembered, so that a subtree shared with an
 * earlier snapshot is not walked again.
 *
 * Bytes cannot be frozen. The member that holds them becomes an accessor: each read returns a copy.
 */
export class Freezer {
  readonly #frozen = new WeakSet<object>();
  /** Copies of branches with bytes that were frozen before, and so cannot get an accessor. */
  readonly #copies = new WeakMap<object, object>();

  /** Freezes `value` with everything below it, and returns it; or a copy of what was frozen before and holds bytes. */
  freeze<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    if (isBranch(value)) return this.#freezeBranch(value) as T;
    if (isBytes(value)) return copyBytes(value) as T;
    this.#sealOpaque(value);
    return value;
  }

  #freezeBranch(branch: object): object {
    if (this.#wasFrozen(branch)) return this.#copies.get(branch) ?? branch;
    this.#remember(branch);
    const isData = Array.isArray(branch) || isPlainObject(branch);
    const hasOnlyKeys = isData && Object.getOwnPropertySymbols(branch).length === 0;
    const frozen = hasOnlyKeys ? this.#freezeMembers(branch as Members) : this.#freezeFields(branch);
    return Object.freeze(frozen);
  }

  #wasFrozen(branch: object): boolean {
    return isGuardedList(branch) || this.#frozen.has(branch);
  }

  /** A guarded list shows by itself that it was frozen, which costs less than an entry of the set. */
  #remember(branch: object): void {
    if (Array.isArray(branch)) guardList(branch);
    if (!isGuardedList(branch)) this.#frozen.add(branch);
  }

  #freezeMembers(branch: Members): object {
    let target: object = branch;
    for (const key of Object.keys(branch)) {
      const member = branch[key];
      if (typeof member !== 'object' || member === null) continue;
      const kept = this.freeze(member);
      if (kept !== member) target = this.#replaced(branch, target, key, kept);
    }
    return target;
  }

  /** Skips accessors of a schema class: reading them would run code of the app. */
  #freezeFields(instance: object): object {
    let target = instance;
    for (const key of Reflect.ownKeys(instance)) {
      const member: unknown = Object.getOwnPropertyDescriptor(instance, key)?.value;
      const kept = this.freeze(member);
      if (kept !== member) target = this.#replaced(instance, target, key, kept);
    }
    return target;
  }

  /**
   * Replaces a member of `target`, which is the branch or a copy of it. An instance of a class cannot be copied: one that
   * was frozen before stays as it is.
   */
  #replaced(branch: object, target: object, key: PropertyKey, kept: unknown): object {
    const field = Object.getOwnPropertyDescriptor(target, key);
    // An accessor is the app's, or was defined here for another app.
    if (field === undefined || !('value' in field)) return target;
    if (!field.configurable) {
      if (!Array.isArray(branch) && !isPlainObject(branch)) return target;
      target = Array.isArray(branch) ? branch.slice() : { ...branch };
      this.#remember(target);
      this.#copies.set(branch, target);
    }
    const holds = isBytes(kept) ? { get: () => copyBytes(kept) } : { value: kept };
    return Object.defineProperty(target, key, { ...holds, configurable: true });
  }

  /**
   * `Object.freeze` does not protect the content of a Date, Map, Set or URL: their mutating methods are shadowed by ones
   * that throw. That prevents mistakes, not attacks (`Map.prototype.set.call(map, …)`). Not protected are private fields
   * of other classes, bytes that are keys of a Map, and a Date, Map, Set or URL that was already frozen.
   */
  #sealOpaque(value: object): void {
    if (this.#frozen.has(value) || isMarkedOpaque(value)) return;
    this.#frozen.add(value);
    if (value instanceof Map) this.#freezeMap(value);
    if (value instanceof Set) this.#freezeSet(value);
    if (value instanceof URL) this.#sealOpaque(value.searchParams);
    if (Object.isExtensible(value)) shadowMutators(value);
    // A RegExp with the flag g or y writes its `lastIndex`; frozen, it would throw when it is used.
    if (!(value instanceof RegExp && (value.global || value.sticky))) Object.freeze(value);
  }

  #freezeMap(map: Map<unknown, unknown>): void {
    let hasBytes = false;
    for (const [key, member] of map) {
      if (!isBytes(key)) this.freeze(key);
      hasBytes ||= isBytes(member);
      const kept = this.freeze(member);
      if (kept !== member && Object.isExtensible(map)) map.set(key, kept);
    }
    if (hasBytes && Object.isExtensible(map)) shadowReaders(map);
  }

  #freezeSet(set: Set<unknown>): void {
    const members = [...set];
    const kept = members.map((member) => this.freeze(member));
    if (kept.every((member, index) => member === members[index]) || !Object.isExtensible(set)) return;
    // All of them, so that the order stays.
    set.clear();
    for (const member of kept) set.add(member);
    if (kept.some(isBytes)) shadowReaders(set);
  }
}

/** Returns a copy of bytes, and any other value itself. */
function read(value: unknown): unknown {
  return isBytes(value) ? copyBytes(value) : value;
}

/** Shadows the methods that return the bytes in a Map or Set by ones that return copies of them. */
function shadowReaders(value: Map<unknown, unknown> | Set<unknown>): void {
  const { prototype } = value instanceof Map ? Map : Set;
  const isMap = value instanceof Map;
  function* entries(): Generator<[unknown, unknown]> {
    for (const [key, member] of prototype.entries.call(value as never) as Iterable<[unknown, unknown]>) {
      const copy = read(member);
      yield [isMap ? key : copy, copy];
    }
  }
  function* values(): Generator<unknown> {
    for (const [, member] of entries()) yield member;
  }
  const forEach = (fn: (member: unknown, key: unknown, all: unknown) => void, self?: unknown) => {
    for (const [key, member] of entries()) fn.call(self, member, key, value);
  };
  const readers: Record<PropertyKey, unknown> = {
    entries,
    values,
    forEach,
    [Symbol.iterator]: isMap ? entries : values,
    ...(isMap ? { get: (key: unknown) => read(Map.prototype.get.call(value, key)) } : { keys: values }),
  };
  for (const name of Reflect.ownKeys(readers)) Object.defineProperty(value, name, { value: readers[name] });
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
