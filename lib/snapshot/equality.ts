import { isOpaque } from './branches.js';

/** Whether two values that are no branches say the same. */
export function sameLeaf(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (!isOpaque(a) || a.constructor !== b.constructor) return false;
  return leafText(a) === leafText(b);
}

/** An opaque object as text: equal texts mean equal values. */
export function leafText(value: object): string {
  if (value instanceof Date) return String(value.getTime());
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Map) return entriesText([...value]);
  if (value instanceof Set) return entriesText([...value]);
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : (value as ArrayBufferView);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function entriesText(entries: unknown[]): string {
  return JSON.stringify(entries, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return typeof value === 'object' && value !== null && isOpaque(value) ? leafText(value) : value;
  });
}
