/** Checks whether the members of a value are configuration too: arrays, plain objects, instances of schema classes. */
export function isBranch(value: unknown): value is Record<string, unknown> | readonly unknown[] {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || isPlainObject(value) || !isOpaque(value);
}

/** Checks for a branch that has keys and can be merged: any branch but an array. */
export function isObjectBranch(value: unknown): value is Record<string, unknown> {
  return isBranch(value) && !Array.isArray(value);
}

/** Checks for an object without a class, as parsers create them, from any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Checks whether both are arrays, both plain objects, or both instances of the same class. */
export function isSameKind(a: object, b: object): boolean {
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) || (isPlainObject(a) && isPlainObject(b));
}

/** Returns an own member of `branch`; undefined for members that objects inherit. */
export function getOwn(branch: object, key: string): unknown {
  return Object.hasOwn(branch, key) ? (branch as Record<string, unknown>)[key] : undefined;
}

/** Sets an own member, also under the key `__proto__`, for which an assignment would set the prototype. */
export function setOwn(branch: object, key: string, value: unknown): void {
  if (key !== '__proto__') (branch as Record<string, unknown>)[key] = value;
  else Object.defineProperty(branch, key, { value, enumerable: true, writable: true, configurable: true });
}

/**
 * Returns a deep copy of plain data, Date, Map, Set, URL and bytes. Instances of other classes are values and returned as
 * they are.
 */
export function copyData(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  if (value instanceof URL) return new URL(value);
  if (value instanceof Date) return new Date(value);
  if (isPlainBytes(value)) return Buffer.from(value);
  if (value instanceof Map)
    return new Map(Array.from(value, ([key, member]) => [key, copyData(member, copies)]));
  if (value instanceof Set) return new Set(Array.from(value, (member) => copyData(member, copies)));
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const key of Object.keys(value))
    setOwn(copy, key, copyData((value as Record<string, unknown>)[key], copies));
  return copy;
}

/** class-transformer copies a Buffer, but makes an empty array of a Uint8Array. So bytes are copied as a Buffer. */
function isPlainBytes(value: object): value is Uint8Array {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype;
}

/**
 * Instances of app classes that a `factory()` returned: a logger, an agent, a naming strategy.
 *
 * This set is at module level although it can change. An instance cannot show by itself that it came from a factory: it
 * may be of the same class as an instance that a schema made, it must not get a property, and it may be frozen. And
 * `isBranch` is called deep in code that has no app at hand (diff, hash, freeze, paths). Two apps meet here only if they
 * share the instance itself, and then both must leave it alone.
 */
const opaqueInstances = new WeakSet<object>();

/** Makes `instance` count as one value: it is not walked through and never frozen. */
export function markOpaque(instance: object): void {
  opaqueInstances.add(instance);
}

export function isMarkedOpaque(value: unknown): boolean {
  return typeof value === 'object' && value !== null && opaqueInstances.has(value);
}

/** Checks for an object that is one value as a whole. */
function isOpaque(value: object): boolean {
  return (
    opaqueInstances.has(value) ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof URL ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    hasOnlyPrivateState(value)
  );
}

/** Checks for objects that show their content only as a string: `Temporal.Duration`, `URLSearchParams`, a `Money` class. */
function hasOnlyPrivateState(value: object): boolean {
  if (Object.keys(value).length > 0) return false;
  return 'toJSON' in value || value.toString !== Object.prototype.toString;
}
