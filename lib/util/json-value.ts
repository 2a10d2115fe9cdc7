import { isBranch } from './branches.js';

/**
 * Converts a value to what JSON can hold: dates, URLs and the like become strings, sets become arrays, bytes become
 * base64, and numbers that JSON lacks become strings. Maps become objects if all their keys are strings, and arrays of
 * entries if not: other keys may be equal as strings. Undefined members are left out.
 */
export function toJsonValue(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object') return String(value as bigint);
  if (value instanceof Set || Array.isArray(value)) return Array.from(value, toJsonValue);
  if (value instanceof Map) return mapToJson(value);
  return isBranch(value) ? membersToJson(Object.entries(value)) : opaqueToJson(value);
}

function mapToJson(map: ReadonlyMap<unknown, unknown>): object {
  const entries = [...map];
  const hasOnlyStringKeys = entries.every(
    (entry): entry is [string, unknown] => typeof entry[0] === 'string',
  );
  return hasOnlyStringKeys ? membersToJson(entries) : entries.map((entry) => entry.map(toJsonValue));
}

function membersToJson(members: readonly [string, unknown][]): object {
  const present = members.filter(([, member]) => member !== undefined);
  // `fromEntries` defines a key called `__proto__`; an assignment would set the prototype.
  return Object.fromEntries(present.map(([key, member]) => [key, toJsonValue(member)]));
}

function opaqueToJson(value: object): unknown {
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'Invalid Date';
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  return 'toJSON' in value ? (JSON.parse(JSON.stringify(value) ?? 'null') as unknown) : String(value as URL);
}
