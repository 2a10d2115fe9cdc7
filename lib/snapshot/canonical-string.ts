import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';

/** No configuration nests this deep; a cycle does. */
const MAX_DEPTH = 1000;

/** Who writes texts of the same branches again and again may remember them, or put something shorter in their place. */
export interface StringCache {
  recall(branch: object): string | undefined;
  /** Gives what stands for the branch in the text around it. */
  keep(branch: object, text: string): string;
  /** Gives what stands for a member, by what `write` gives for it. */
  member?(key: string, member: unknown, write: () => string): string;
}

/**
 * What a value says, as text: equal texts mean equal content. The order of keys does not count, a key whose value is
 * undefined says nothing, and an instance says its class. Of functions only the name is known.
 *
 * @throws RangeError where the value contains itself
 */
export function canonicalString(value: unknown, memory?: StringCache, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return objectText(value, memory, depth);
  if (typeof value === 'function') return `function(${value.name})`;
  if (typeof value === 'bigint') return `${value}n`;
  // -0 and 0 differ for Object.is, and so for the diff.
  return Object.is(value, -0) ? '-0' : String(value);
}

function objectText(value: object, memory: StringCache | undefined, depth: number): string {
  const known = memory?.recall(value);
  if (known !== undefined) return known;
  if (depth > MAX_DEPTH)
    throw new RangeError(`Configuration contains itself, or nests more than ${MAX_DEPTH} levels deep`);
  if (!isBranch(value)) return `${classOf(value)}(${opaqueText(value, memory, depth)})`;
  const text = Array.isArray(value)
    ? `[${Array.from(value, (member, at) => memberText(String(at), member, memory, depth + 1)).join()}]`
    : `${isPlainObject(value) ? '' : classOf(value)}{${membersText(value, memory, depth)}}`;
  return memory === undefined ? text : memory.keep(value, text);
}

/** Asked of the prototype: the object itself may have a key of that name. */
function classOf(value: object): string {
  return (Object.getPrototypeOf(value) as object).constructor.name;
}

function membersText(branch: object, memory: StringCache | undefined, depth: number): string {
  let text = '';
  for (const key of Object.keys(branch).sort()) {
    const member = (branch as Record<string, unknown>)[key];
    if (member !== undefined) text += `${JSON.stringify(key)}:${memberText(key, member, memory, depth + 1)},`;
  }
  return text;
}

function memberText(key: string, member: unknown, memory: StringCache | undefined, depth: number): string {
  // Without a closure where nobody asks.
  if (memory?.member === undefined) return canonicalString(member, memory, depth);
  return memory.member(key, member, () => canonicalString(member, memory, depth));
}

function textsOf(members: Iterable<unknown>, depth: number): string[] {
  return Array.from(members, (member) => canonicalString(member, undefined, depth + 1));
}

function opaqueText(value: object, memory: StringCache | undefined, depth: number): string {
  if (isMarkedOpaque(value)) return fieldsText(value);
  if (value instanceof Date) return String(value.getTime());
  // A Map made of an object has the order of its keys; neither counts.
  if (value instanceof Map) return mapTexts(value, memory, depth).sort().join();
  if (value instanceof Set) return textsOf(value, depth).sort().join();
  if (ArrayBuffer.isView(value)) return bytesText(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return bytesText(value, 0, value.byteLength);
  return 'toJSON' in value ? JSON.stringify(value) : String(value as URL);
}

function mapTexts(
  map: ReadonlyMap<unknown, unknown>,
  memory: StringCache | undefined,
  depth: number,
): string[] {
  if (memory?.member === undefined) return textsOf(map, depth);
  // What a map holds is not remembered: it is no branch, and told as a whole.
  return Array.from(map, ([key, member]) => {
    const text = memory.member?.(String(key), member, () => canonicalString(member, undefined, depth + 1));
    return `[${canonicalString(key)},${text}]`;
  });
}

/** What it was made with, as far as that can be seen: what it holds may lead anywhere, and back. */
function fieldsText(value: object): string {
  const isPlain = (member: unknown) =>
    member === null || !['object', 'function', 'symbol'].includes(typeof member);
  return Object.entries(value)
    .filter(([, member]) => isPlain(member))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalString(member)}`)
    .join();
}

function bytesText(buffer: ArrayBufferLike, offset: number, length: number): string {
  return Buffer.from(buffer, offset, length).toString('base64');
}
