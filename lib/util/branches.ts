/** Objects whose members are configuration of their own: arrays, plain objects, instances of schema classes. */
export function isBranch(value: unknown): value is Record<string, unknown> | readonly unknown[] {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || isPlainObject(value) || !isOpaque(value);
}

/** A branch whose members are looked up by key and can be merged: an object that is no array. */
export function isObjectBranch(value: unknown): value is Record<string, unknown> {
  return isBranch(value) && !Array.isArray(value);
}

/** An object of no class, as parsers yield them; from whatever realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What a branch has itself under a key, and not what objects inherit. */
export function ownMember(branch: object, key: string): unknown {
  return Object.hasOwn(branch, key) ? (branch as Record<string, unknown>)[key] : undefined;
}

/** Whether two branches are of one kind: two arrays, two plain objects, two instances of one class. */
export function isSameKind(a: object, b: object): boolean {
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) || (isPlainObject(a) && isPlainObject(b));
}

/** Instances of the app's own classes that a factory gave: they live, so nobody may freeze them or walk through them. */
const leftAlone = new WeakSet<object>();

/** From now on `value` is one value as a whole, and stays as it is. */
export function leaveAlone(value: object): void {
  leftAlone.add(value);
}

export function isLeftAlone(value: unknown): boolean {
  return typeof value === 'object' && value !== null && leftAlone.has(value);
}

/** Objects that are one value as a whole. */
function isOpaque(value: object): boolean {
  return (
    leftAlone.has(value) ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof URL ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    speaksForItself(value)
  );
}

/** What it holds is private, and it says it as text: `Temporal.Duration`, a `Money` class, a `URLSearchParams`. */
function speaksForItself(value: object): boolean {
  if (Object.keys(value).length > 0) return false;
  return 'toJSON' in value || value.toString !== Object.prototype.toString;
}
