import type { ConfigValue } from '../../model/config-tree.js';

type Segments = readonly string[];

/**
 * A place in a tree where JSON cannot say, or must not, what stands there: `null` stands there instead. Kept beside the
 * tree, so that no value has to be marked, and none can be taken for a mark.
 */
export interface Hole {
  readonly path: Segments;
  /** What fills it; `absent` where the value is not on disk, or elsewhere: a secret, an instance of a class. */
  readonly kind: 'number' | 'bigint' | 'date' | 'bytes' | 'undefined' | 'absent';
  readonly text?: string;
}

/** The hole that a value makes; undefined where it makes none, for JSON can say it, or its members. */
export function holeOf(value: unknown, path: Segments): Hole | undefined {
  if (typeof value === 'object') return holeOfObject(value, path);
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return undefined;
    return { path, kind: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value === 'bigint') return { path, kind: 'bigint', text: String(value) };
  return { path, kind: value === undefined ? 'undefined' : 'absent' };
}

function holeOfObject(value: object | null, path: Segments): Hole | undefined {
  if (value === null || Array.isArray(value) || isPlain(value)) return undefined;
  if (value instanceof Date) return { path, kind: 'date', text: String(value.getTime()) };
  if (value instanceof Uint8Array)
    return { path, kind: 'bytes', text: Buffer.from(value).toString('base64') };
  return { path, kind: 'absent' };
}

/** What fills a hole; undefined also where nothing does. */
export function fillingOf({ kind, text = '' }: Hole): ConfigValue {
  if (kind === 'number') return Number(text);
  if (kind === 'bigint') return BigInt(text);
  if (kind === 'date') return new Date(Number(text));
  return kind === 'bytes' ? Buffer.from(text, 'base64') : undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
