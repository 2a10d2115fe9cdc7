/** Number of buckets for pairs of characters. A power of two. */
const PAIR_BUCKETS = 1 << 16;

/** A string to find; `isWord` finds it only as a whole word. */
interface Spelling {
  readonly text: string;
  readonly isWord: boolean;
}

const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

/** The end of an escape of JSON or of a URL: its letters and digits are no part of the word after it. */
const ESCAPE = /(?:\\[bfnrt]|\\u[\da-f]{4}|%[\da-f]{2})$/i;

/** Passwords that are no words are found in whatever surrounds them. */
const LETTERS = /^[a-z]+$/;

/** The dots of a name with several parts, not those of a sentence or a number. */
const DOT_BEFORE = /[\p{L}_]\.$/u;
const DOT_AFTER = /^\.[\p{L}_]/u;

/** Length of the longest escape. */
const ESCAPE_LENGTH = 6;

/**
 * Finds many strings in a text in one pass, at a cost that follows the length of the text and not the number of
 * strings: each pair of characters leads to the few strings that begin with it.
 */
export class SecretFinder {
  readonly #known = new Set<string>();
  readonly #byPair = new Map<number, Spelling[]>();
  /** 1 for each pair that begins a string; most pairs do not, and skip the look-up in the map. */
  readonly #pairs = new Uint8Array(PAIR_BUCKETS);

  get size(): number {
    return this.#known.size;
  }

  /** @param text at least two characters long */
  add(text: string, isWord: boolean): void {
    if (this.#known.has(text)) return;
    this.#known.add(text);
    const pair = pairAt(text, 0);
    const spellings = this.#byPair.get(pair);
    if (spellings === undefined) this.#byPair.set(pair, [{ text, isWord }]);
    else spellings.push({ text, isWord });
    this.#pairs[pair] = 1;
  }

  /** Marks each character of `text` that is part of a known string; returns `found` if there is none. */
  find(text: string, found?: Uint8Array): Uint8Array | undefined {
    if (this.#known.size === 0) return found;
    let marks = found;
    for (let index = 0; index < text.length - 1; index += 1) {
      const pair = pairAt(text, index);
      if (this.#pairs[pair] === 0) continue;
      const length = longestAt(text, index, this.#byPair.get(pair)!); // the pair is one of theirs
      if (length > 0) (marks ??= new Uint8Array(text.length)).fill(1, index, index + length);
    }
    return marks;
  }
}

/** Returns `text` with `replacement` for each run of marked characters. */
export function replaceMarked(text: string, marks: Uint8Array, replacement: string): string {
  let result = '';
  for (let index = 0; index < text.length;) {
    const isMarked = marks[index] === 1;
    let end = index + 1;
    while (end < text.length && (marks[end] === 1) === isMarked) end += 1;
    result += isMarked ? replacement : text.slice(index, end);
    index = end;
  }
  return result;
}

function longestAt(text: string, index: number, spellings: readonly Spelling[]): number {
  let longest = 0;
  for (const { text: spelling, isWord } of spellings) {
    if (spelling.length <= longest || !text.startsWith(spelling, index)) continue;
    if (!isWord || isWholeWord(text, index, index + spelling.length)) longest = spelling.length;
  }
  return longest;
}

function pairAt(text: string, index: number): number {
  return ((text.charCodeAt(index) * 31) ^ (text.charCodeAt(index + 1) * 521)) & (PAIR_BUCKETS - 1);
}

/**
 * The scheme of a URL is not the secret with the same characters, and neither is a part of a path or a host:
 * `postgres://postgres:…`, `postgres.pool.max`.
 */
function isWholeWord(text: string, start: number, end: number): boolean {
  const isInside = WORD_CHARACTER.test(text.charAt(end)) || text.startsWith('://', end);
  return !isInside && isWordStart(text, start) && !isInDottedName(text, start, end);
}

function isInDottedName(text: string, start: number, end: number): boolean {
  if (!LETTERS.test(text.slice(start, end))) return false;
  const before = text.slice(Math.max(0, start - 2), start);
  return DOT_BEFORE.test(before) || DOT_AFTER.test(text.slice(end, end + 2));
}

function isWordStart(text: string, start: number): boolean {
  if (!WORD_CHARACTER.test(text.charAt(start - 1))) return true;
  return ESCAPE.test(text.slice(Math.max(0, start - ESCAPE_LENGTH), start));
}
