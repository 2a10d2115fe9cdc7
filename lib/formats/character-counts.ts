/** Size of a block of `CharacterCounts`, in UTF-16 units. */
const BLOCK = 4_096;

/** Counts characters without reading a whole line for each position: a file may be one line of a megabyte. */
export class CharacterCounts {
  /** For each block that was needed until now, the number of characters before it. */
  readonly #before = [0];

  constructor(private readonly text: string) {}

  between(start: number, end: number): number {
    // Most lines are short.
    if (end - start <= BLOCK) return codePointsIn(this.text, start, end);
    return this.#until(end) - this.#until(start);
  }

  /** Returns the number of characters before an offset. A pair of units counts where it begins. */
  #until(offset: number): number {
    const block = Math.floor(offset / BLOCK);
    for (let next = this.#before.length; next <= block; next += 1)
      this.#before.push(this.#before[next - 1]! + beginningsIn(this.text, (next - 1) * BLOCK, next * BLOCK));
    return this.#before[block]! + beginningsIn(this.text, block * BLOCK, offset);
  }
}

/** Counts the characters that begin between two offsets: the second half of a pair is none. */
function beginningsIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) if (!isSecondHalf(text, at)) count += 1;
  return count;
}

function isSecondHalf(text: string, at: number): boolean {
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return isLow && at > 0 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

/** Counts the characters between two offsets. */
export function codePointsIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count += 1;
  return count;
}
