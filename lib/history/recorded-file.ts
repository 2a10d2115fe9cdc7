import type { LayerFile } from '../model/layer.interface.js';

/** The difference between a file and a newer version of it. */
interface FileDelta {
  readonly newer: RecordedFile;
  /** Number of bytes at the start that both have. */
  readonly start: number;
  /** Number of bytes at the end that both have. */
  readonly end: number;
  /** The bytes between these in the older file. */
  readonly middle: Buffer;
}

/**
 * The content of a file in a version, so that it can be written back. After a newer content is known, only the difference
 * from it is kept, so that the memory for a version depends on what changed.
 */
export class RecordedFile implements LayerFile {
  readonly path: string;
  #content: Buffer | FileDelta;

  /** Returns the record of a file whose record in the version before is `previous`: the same one, if nothing has changed. */
  static after(previous: RecordedFile | undefined, file: LayerFile): RecordedFile {
    if (previous !== undefined && previous.#content === file.bytes) return previous;
    const recorded = new RecordedFile(file);
    previous?.keepDifferenceFrom(recorded);
    return recorded;
  }

  constructor({ path, bytes }: LayerFile) {
    this.path = path;
    this.#content = bytes;
  }

  /** The whole content. */
  get bytes(): Buffer {
    const deltas: FileDelta[] = [];
    let content = this.#content;
    while (!Buffer.isBuffer(content)) {
      deltas.push(content);
      content = content.newer.#content;
    }
    return deltas.reduceRight(
      (newer, { start, end, middle }) =>
        Buffer.concat([newer.subarray(0, start), middle, newer.subarray(newer.length - end)]),
      content,
    );
  }

  /** Keeps only the difference from `newer` from now on. */
  keepDifferenceFrom(newer: RecordedFile): void {
    if (!Buffer.isBuffer(this.#content) || !Buffer.isBuffer(newer.#content) || newer === this) return;
    const { start, end } = sharedEnds(this.#content, newer.#content);
    // A copy: a view of the old buffer would keep all of it in memory.
    const middle = Buffer.from(this.#content.subarray(start, this.#content.length - end));
    this.#content = { newer, start, end, middle };
  }
}

function sharedEnds(older: Buffer, newer: Buffer): { readonly start: number; readonly end: number } {
  const length = Math.min(older.length, newer.length);
  const start = longestPrefix(length, (from, to) =>
    older.subarray(from, to).equals(newer.subarray(from, to)),
  );
  const end = longestPrefix(length - start, (from, to) =>
    fromEnd(older, from, to).equals(fromEnd(newer, from, to)),
  );
  return { start, end };
}

function fromEnd(bytes: Buffer, from: number, to: number): Buffer {
  return bytes.subarray(bytes.length - to, bytes.length - from);
}

/**
 * Returns the largest `n` up to `length` for which all bytes from 0 to `n` are equal. A binary search: it compares each
 * byte about once, with a native comparison that takes a tenth of the time of a loop over the bytes.
 */
function longestPrefix(length: number, isEqual: (from: number, to: number) => boolean): number {
  let [equal, end] = [0, length];
  while (equal < end) {
    const to = Math.ceil((equal + end) / 2);
    if (isEqual(equal, to)) equal = to;
    else end = to - 1;
  }
  return equal;
}
