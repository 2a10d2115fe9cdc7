import { isPlainObject } from './branches.js';

/** A copy of the data; instances of the app's classes are values, and given on as they are. */
export function copyOf(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  if (value instanceof URL) return new URL(value);
  if (value instanceof Date || value instanceof Map || value instanceof Set) return structuredClone(value);
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const key of Object.keys(value)) {
    // Not assigned: a key may be `__proto__`, which is refused later, by its name.
    const member = copyOf((value as Record<string, unknown>)[key], copies);
    Object.defineProperty(copy, key, { value: member, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}
