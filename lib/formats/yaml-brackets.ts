import { EVENT_ID, type Event } from 'js-yaml';

/** A line with nothing but the end of a list or mapping in brackets. */
const CLOSING_LINE = /^ *[\]}](?=[ \t]*(?:[\r\n]|#|$))/gm;

/**
 * A text in which closing brackets that stand below the start of their key are indented by one space, as YAML demands:
 *
 * ```yaml
 * list: [
 *   a,
 * ]
 * ```
 *
 * Nearly all parsers take this, and many files have it. `js-yaml` refuses it.
 */
export class IndentedBrackets {
  #text: string;
  /** Offsets of the added spaces in the text with them, in ascending order. */
  #added: readonly number[] = [];
  readonly #original: string;
  #lines: readonly number[] | undefined;

  constructor(original: string) {
    this.#original = original;
    this.#text = original;
  }

  get text(): string {
    return this.#text;
  }

  /** Returns the offset in the original text. */
  originalOf(offset: number): number {
    let [low, high] = [0, this.#added.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#added[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return offset - low;
  }

  /** Indents the closing lines if one of them is the reason of a syntax error. Returns `false` if nothing changed. */
  indentFor(reason: string, offset: number): boolean {
    if (this.#lines !== undefined || reason !== 'deficient indentation') return false;
    const lines = [...this.#original.matchAll(CLOSING_LINE)].map((match) => match.index);
    if (!lines.some((line) => line <= offset && /^ *$/.test(this.#original.slice(line, offset))))
      return false;
    this.#indent(lines);
    return true;
  }

  /** Takes back the spaces that are within strings, where they are content. Returns `false` if there are none. */
  restoreWithin(events: readonly Event[]): boolean {
    const [added, lines] = [this.#added, this.#lines ?? []];
    if (added.length === 0) return false;
    const kept: number[] = [];
    let index = 0;
    for (const event of events) {
      if (event.type !== EVENT_ID.SCALAR) continue;
      while (index < added.length && added[index]! < event.valueStart) kept.push(lines[index++]!);
      while (index < added.length && added[index]! < event.valueEnd) index += 1;
    }
    while (index < added.length) kept.push(lines[index++]!);
    if (kept.length === lines.length) return false;
    this.#indent(kept);
    return true;
  }

  #indent(lines: readonly number[]): void {
    this.#lines = lines;
    this.#added = lines.map((line, index) => line + index);
    const pieces = lines.map((line, index) => this.#original.slice(lines[index - 1] ?? 0, line));
    this.#text = [...pieces, this.#original.slice(lines.at(-1) ?? 0)].join(' ');
  }
}
