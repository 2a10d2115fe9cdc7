/** Number of buckets for pairs of characters. A power of two. */
const PAIR_BUCKETS = 1 << 16;

/**
 * Length of the pieces that longer strings are cut into. It bounds the steps at each character of a text, whatever the
 * strings are: a million times the character that a long secret consists of, or many secrets that begin alike.
 */
const PIECE = 64;

/** What one piece costs in memory, in characters: the branch, and its place in the branch above. */
const PIECE_COST = 64;

/** A node of a tree of strings; strings that begin alike share it. */
interface Branch {
  /** The characters that lead from the branch above to this one. */
  label: string;
  /** The number of characters that lead from the root to the end of the label. */
  length: number;
  /** By their first characters. */
  children: Map<number, Branch> | undefined;
  /** Set if a string ends here: it is found anywhere, or only as a whole word. */
  end: 'anywhere' | 'word' | undefined;
  /** The characters after a piece, which are found as far as a text has them: messages cut what they quote. */
  rest: string;
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
 * Finds many strings in a text, at a cost that follows the length of the text and not the number of strings, their length
 * or what they have in common. Strings of more than 64 characters are found piece by piece, so part of one is found too.
 */
export class SecretFinder {
  /** By their first two characters. */
  readonly #roots = new Map<number, Branch>();
  /** 1 for each pair that begins a string; most pairs do not, and skip the look-up in the map. */
  readonly #pairs = new Uint8Array(PAIR_BUCKETS);
  #size = 0;

  /** The memory that the strings take, in characters. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a string; returns false if it was known.
   *
   * @param text at least two characters long
   */
  add(text: string, isWord: boolean): boolean {
    const sizeBefore = this.#size;
    if (text.length <= PIECE) return this.#insert(text, isWord ? 'word' : 'anywhere', '');
    for (let at = 0; at + PIECE <= text.length; at += PIECE) this.#insertPiece(text, at);
    this.#insertPiece(text, text.length - PIECE);
    return this.#size > sizeBefore;
  }

  /** Marks each character of `text` that is part of a known string; returns `marked` if there is none. */
  find(text: string, marked?: Uint8Array): Uint8Array | undefined {
    if (this.#size === 0) return marked;
    let marks = marked;
    /** The characters to mark next, and those that follow in the secret. */
    let start = 0;
    let end = 0;
    let rest = '';
    for (let index = 0; index < text.length; index += 1) {
      if (index === end && rest !== '') {
        end += sharedLength(rest, text, index);
        rest = '';
      }
      const pair = pairAt(text, index);
      if (this.#pairs[bucketOf(pair)] === 0) continue;
      const found = longestAt(text, index, this.#roots.get(pair));
      if (found === undefined || index + found.length <= end) continue;
      if (index > end) {
        // One call for all strings that touch.
        marks = markIn(text, marks, start, end);
        start = index;
      }
      end = index + found.length;
      rest = found.rest;
    }
    return markIn(text, marks, start, end);
  }

  #insertPiece(text: string, at: number): void {
    const end = at + PIECE;
    this.#insert(text.slice(at, end), 'anywhere', text.slice(end, end + PIECE - 1));
  }

  #insert(text: string, end: NonNullable<Branch['end']>, rest: string): boolean {
    let siblings = this.#roots;
    let key = pairAt(text, 0);
    this.#pairs[bucketOf(key)] = 1;
    for (let at = 0; ;) {
      const branch = siblings.get(key);
      if (branch === undefined) {
        siblings.set(key, { label: text.slice(at), length: text.length, children: undefined, end, rest });
        this.#size += text.length + PIECE_COST;
        return true;
      }
      const shared = sharedLength(branch.label, text, at);
      if (shared < branch.label.length) split(branch, shared);
      at += shared;
      if (at === text.length) return this.#endAt(branch, end, rest);
      siblings = branch.children ??= new Map();
      key = text.charCodeAt(at);
    }
  }

  #endAt(branch: Branch, end: NonNullable<Branch['end']>, rest: string): boolean {
    if (branch.end === end || branch.end === 'anywhere') return false;
    if (branch.end === undefined) this.#size += PIECE_COST;
    branch.end = end;
    branch.rest = rest;
    return true;
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

/** Makes room for another string that shares only the first characters of the label. */
function split(branch: Branch, shared: number): void {
  const { label, length, children, end, rest } = branch;
  const lower: Branch = { label: label.slice(shared), length, children, end, rest };
  branch.label = label.slice(0, shared);
  branch.length = length - lower.label.length;
  branch.children = new Map([[lower.label.charCodeAt(0), lower]]);
  branch.end = undefined;
  branch.rest = '';
}

function markIn(text: string, marks: Uint8Array | undefined, start: number, end: number) {
  return start === end ? marks : (marks ?? new Uint8Array(text.length)).fill(1, start, end);
}

/** Returns the end of the longest string that begins at `index`. */
function longestAt(text: string, index: number, root: Branch | undefined): Branch | undefined {
  let longest: Branch | undefined;
  for (let branch = root; branch !== undefined;) {
    const end = index + branch.length;
    if (!text.startsWith(branch.label, end - branch.label.length)) break;
    if (branch.end === 'anywhere' || (branch.end === 'word' && isWholeWord(text, index, end)))
      longest = branch;
    branch = branch.children?.get(text.charCodeAt(end));
  }
  return longest;
}

/** Returns how many of the first characters of `label` the text has at `at`. */
function sharedLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  return length;
}

function pairAt(text: string, index: number): number {
  return (text.charCodeAt(index) << 16) | text.charCodeAt(index + 1);
}

function bucketOf(pair: number): number {
  return (((pair >>> 16) * 31) ^ ((pair & 0xffff) * 521)) & (PAIR_BUCKETS - 1);
}

/**
 * Returns whether the characters are a whole word. The scheme of a URL is not the secret with the same characters, and
 * neither is a part of a path or a host: `postgres://postgres:…`, `postgres.pool.max`.
 */
export function isWholeWord(text: string, start: number, end: number): boolean {
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
