import { ControlError } from './control.error.js';

const NEW_LINE = 0x0a;

/** Cuts what a client sends into lines, however it comes in pieces; looks at each byte once. */
export class MessageLines {
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(private readonly limit: number) {}

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#length > 0;
  }

  /**
   * The lines that `chunk` completes.
   *
   * @throws ControlError where a line is too long; nothing can be read after that
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#length = 0;
      start = end + 1;
      yield line;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.limit)
      throw new ControlError('TOO_LARGE', `a message is longer than ${this.limit} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }
}
