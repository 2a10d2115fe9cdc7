import { CharacterCounts } from './character-counts.js';

/**
 * A position in a text, as editors show it.
 *
 * @publicApi
 */
export interface TextPosition {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters (code points), not bytes. */
  readonly column: number;
}

/** Converts offsets in a text to positions. Lines end with `\n` or `\r\n`. */
export class TextLines {
  readonly #text: string;
  #starts: number[] | undefined;
  #characters: CharacterCounts | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the position of the character at `offset`. Offsets beyond the end count as the end. */
  at(offset: number): TextPosition {
    const end = Math.min(Math.max(offset, 0), this.#text.length);
    const starts = (this.#starts ??= startsOfLines(this.#text));
    const line = lastNotAbove(starts, end);
    this.#characters ??= new CharacterCounts(this.#text);
    return { line: line + 1, column: this.#characters.between(starts[line]!, end) + 1 };
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Returns the index of the last start that is not above `offset`. */
function lastNotAbove(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
