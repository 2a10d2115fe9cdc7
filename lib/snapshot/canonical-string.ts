import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';

/** No configuration nests this deep; a cycle does. */
const MAX_DEPTH = 1000;

/** Lets a caller that writes the same branches again remember their strings, or replace them with shorter ones. */
export interface StringCache {
  recall(branch: object): string | undefined;
  /** Returns the string that stands for the branch in the string around it. */
  keep(branch: object, text: string): string;
  /** Returns the string that stands for a member; `write` returns its canonical string. */
  member?(key: string, member: unknown, write: () => string): string;
}

/**
 * Returns a string that is equal for equal content: the order of keys does not count, a key whose value is undefined
 * counts as absent, and instances include the name of their class. Functions count by their name only.
 *
 * @throws RangeError if the value contains itself
 */
export function canonicalString(value: unknown, cache?: StringCache, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return objectString(value, cache, depth);
  if (typeof value === 'function') return `function(${value.name})`;
  if (typeof value === 'bigint') return `${value}n`;
  // -0 and 0 differ for Object.is, and so for the diff.
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Checks whether two values have the same content, if at least one of them is not a branch. */
export function isSameLeaf(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) && canonicalString(a) === canonicalString(b);
}

function objectString(value: object, cache: StringCache | undefined, depth: number): string {
  const known = cache?.recall(value);
  if (known !== undefined) return known;
  if (depth > MAX_DEPTH)
    throw new RangeError(`Configuration contains itself, or nests more than ${MAX_DEPTH} levels deep`);
  if (!isBranch(value)) return `${className(value)}(${opaqueString(value, cache, depth)})`;
  const text = Array.isArray(value)
    ? `[${Array.from(value, (member, at) => memberString(String(at), member, cache, depth + 1)).join()}]`
    : `${isPlainObject(value) ? '' : className(value)}{${membersString(value, cache, depth)}}`;
  return cache === undefined ? text : cache.keep(value, text);
}

/** Read from the prototype: the object itself may have a key called `constructor`. */
function className(value: object): string {
  return (Object.getPrototypeOf(value) as object).constructor.name;
}

function membersString(branch: object, cache: StringCache | undefined, depth: number): string {
  let text = '';
  for (const key of Object.keys(branch).sort()) {
    const member = (branch as Record<string, unknown>)[key];
    if (member !== undefined)
      text += `${JSON.stringify(key)}:${memberString(key, member, cache, depth + 1)},`;
  }
  return text;
}

function memberString(key: string, member: unknown, cache: StringCache | undefined, depth: number): string {
  // No closure unless the cache needs one.
  if (cache?.member === undefined) return canonicalString(member, cache, depth);
  return cache.member(key, member, () => canonicalString(member, cache, depth));
}

function stringsOf(members: Iterable<unknown>, depth: number): string[] {
  return Array.from(members, (member) => canonicalString(member, undefined, depth + 1));
}

function opaqueString(value: object, cache: StringCache | undefined, depth: number): string {
  if (isMarkedOpaque(value)) return fieldsString(value);
  if (value instanceof Date) return String(value.getTime());
  // Sorted: a Map made of an object has the order of its keys, which does not count either.
  if (value instanceof Map) return mapStrings(value, cache, depth).sort().join();
  if (value instanceof Set) return stringsOf(value, depth).sort().join();
  if (ArrayBuffer.isView(value)) return bytesString(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return bytesString(value, 0, value.byteLength);
  return 'toJSON' in value ? JSON.stringify(value) : String(value as URL);
}

function mapStrings(
  map: ReadonlyMap<unknown, unknown>,
  cache: StringCache | undefined,
  depth: number,
): string[] {
  if (cache?.member === undefined) return stringsOf(map, depth);
  // Members of a map are not cached: a map is not a branch, it is one value.
  return Array.from(map, ([key, member]) => {
    const text = cache.member?.(String(key), member, () => canonicalString(member, undefined, depth + 1));
    return `[${canonicalString(key)},${text}]`;
  });
}

/** The visible scalar fields of an app's instance; its other fields may lead anywhere, and back. */
function fieldsString(value: object): string {
  const isScalar = (member: unknown) =>
    member === null || !['object', 'function', 'symbol'].includes(typeof member);
  return Object.entries(value)
    .filter(([, member]) => isScalar(member))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalString(member)}`)
    .join();
}

function bytesString(buffer: ArrayBufferLike, offset: number, length: number): string {
  return Buffer.from(buffer, offset, length).toString('base64');
}
