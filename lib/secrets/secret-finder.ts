/** How many pairs of characters are told apart before a spelling is looked at. A power of two. */
const PAIRS = 1 << 16;

/** A text that is looked for, and whether only as a word of its own. */
interface Spelling {
  readonly text: string;
  readonly isWord: boolean;
}

const WORD_SIGN = /[\p{L}\p{N}_]/u;

/**
 * Finds many texts in one, at a cost that follows the length of that one, however many are looked for: each pair of
 * characters leads to the few that begin with it.
 */
export class SecretFinder {
  readonly #known = new Set<string>();
  readonly #byPair = new Map<number, Spelling[]>();
  /** Most pairs lead nowhere, and are passed over without a look at the map. */
  readonly #pairs = new Uint8Array(PAIRS);

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

  /** Where the texts stand in `text`: for each character of it whether it is part of one; undefined where none is. */
  find(text: string, found?: Uint8Array): Uint8Array | undefined {
    if (this.#known.size === 0) return found;
    let marks = found;
    for (let index = 0; index < text.length - 1; index += 1) {
      const pair = pairAt(text, index);
      if (this.#pairs[pair] === 0) continue;
      const length = this.#longestAt(text, index, this.#byPair.get(pair)!); // the pair is one of theirs
      if (length > 0) (marks ??= new Uint8Array(text.length)).fill(1, index, index + length);
    }
    return marks;
  }

  #longestAt(text: string, index: number, spellings: readonly Spelling[]): number {
    let longest = 0;
    for (const { text: wanted, isWord } of spellings) {
      if (wanted.length <= longest || !text.startsWith(wanted, index)) continue;
      if (!isWord || standsAlone(text, index, index + wanted.length)) longest = wanted.length;
    }
    return longest;
  }
}

/** `text` with `replacement` for each run of marked characters. */
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

function pairAt(text: string, index: number): number {
  return ((text.charCodeAt(index) * 31) ^ (text.charCodeAt(index + 1) * 521)) & (PAIRS - 1);
}

function standsAlone(text: string, start: number, end: number): boolean {
  return !WORD_SIGN.test(text.charAt(start - 1)) && !WORD_SIGN.test(text.charAt(end));
}
