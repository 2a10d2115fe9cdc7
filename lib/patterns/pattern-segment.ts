import { normalForm } from '../util/unicode-form.js';

/** One segment of a path pattern: a literal key, a key with wildcards, or any number of keys. */
export type PatternSegment = LiteralSegment | GlobSegment | DeepSegment;

/** Exactly this key. */
export interface LiteralSegment {
  readonly kind: 'literal';
  /** In the Unicode form NFC. */
  readonly key: string;
  /** `true` if it is written without brackets: the dot beside it may be part of a longer key. */
  readonly isPlain: boolean;
}

/** One key, in which each `*` matches any characters: `*`, `max_*`, `*_url`. */
export interface GlobSegment {
  readonly kind: 'glob';
  readonly source: string;
  accepts(key: string): boolean;
}

/** `**`: any number of keys, also zero. */
export interface DeepSegment {
  readonly kind: 'deep';
}

export const DEEP: Readonly<DeepSegment> = { kind: 'deep' };

export function literal(key: string, isPlain = false): LiteralSegment {
  return { kind: 'literal', key: normalForm(key), isPlain };
}

/**
 * Returns the pieces of a key that contains dots, which plain segments match one by one: `models.gpt-4.1` selects the key
 * `gpt-4.1`. Undefined for other keys.
 */
export function piecesOf(key: string): readonly string[] | undefined {
  return key.includes('.') ? key.split('.') : undefined;
}

/**
 * Returns a segment that matches keys by substring search. A RegExp made from `a*a*a*b` would backtrack over a long key,
 * and keys come from files.
 */
export function glob(source: string): GlobSegment {
  const parts = normalForm(source).split('*');
  const head = parts.shift()!; // split yields at least one part,
  const tail = parts.pop()!; // and a glob has at least one `*`, so at least two.
  return {
    kind: 'glob',
    source,
    accepts(written) {
      const key = normalForm(written);
      if (key.length < head.length + tail.length) return false;
      if (!key.startsWith(head) || !key.endsWith(tail)) return false;
      return containsInOrder(key.slice(head.length, key.length - tail.length), parts);
    },
  };
}

function containsInOrder(key: string, parts: readonly string[]): boolean {
  let at = 0;
  for (const part of parts) {
    const found = key.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return true;
}
