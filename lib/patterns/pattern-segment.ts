/**
 * One step of a path pattern: a key as it stands, a key with wildcards in it, or any number of keys.
 */
export type PatternSegment = LiteralSegment | GlobSegment | DeepSegment;

/** Exactly this key. */
export interface LiteralSegment {
  readonly kind: 'literal';
  readonly key: string;
}

/** One key, in which each `*` stands for any text: `*`, `max_*`, `*_url`. */
export interface GlobSegment {
  readonly kind: 'glob';
  readonly text: string;
  accepts(key: string): boolean;
}

/** `**`: any number of keys, also none. */
export interface DeepSegment {
  readonly kind: 'deep';
}

export const DEEP: DeepSegment = { kind: 'deep' };

export function literal(key: string): LiteralSegment {
  return { kind: 'literal', key };
}

/**
 * Plain text search instead of a RegExp made of `text`: `a*a*a*b` would backtrack over a long key, and keys come from
 * files.
 */
export function glob(text: string): GlobSegment {
  const parts = text.split('*');
  const head = parts.shift()!; // split yields at least one part,
  const tail = parts.pop()!; // and a glob has at least one `*`, so at least two.
  return {
    kind: 'glob',
    text,
    accepts(key) {
      if (key.length < head.length + tail.length) return false;
      if (!key.startsWith(head) || !key.endsWith(tail)) return false;
      return holdsInOrder(key.slice(head.length, key.length - tail.length), parts);
    },
  };
}

function holdsInOrder(text: string, parts: readonly string[]): boolean {
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return true;
}
