/** Objects whose members are configuration of their own: arrays, plain objects, instances of schema classes. */
export function isBranch(value: unknown): value is Record<string, unknown> | readonly unknown[] {
  return typeof value === 'object' && value !== null && !isOpaque(value);
}

/** Objects that are one value as a whole. */
export function isOpaque(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof URL ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer
  );
}

/** A branch whose members are looked up by key and can be merged: an object that is no array. */
export function isObjectBranch(value: unknown): value is Record<string, unknown> {
  return isBranch(value) && !Array.isArray(value);
}
