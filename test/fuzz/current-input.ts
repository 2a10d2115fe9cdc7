/** The numbers of runs, the length of the input and the length of the name. */
const HEADER = 3;

const MAX_NAME = 64;

/** The input that a thread runs now, which another thread can read: the first one may never end. */
export class CurrentInput {
  readonly #numbers: Uint32Array;
  readonly #name: Uint8Array;
  readonly #bytes: Uint8Array;

  constructor(readonly memory = new SharedArrayBuffer(1 << 16)) {
    this.#numbers = new Uint32Array(memory, 0, HEADER);
    this.#name = new Uint8Array(memory, this.#numbers.byteLength, MAX_NAME);
    this.#bytes = new Uint8Array(memory, this.#name.byteOffset + MAX_NAME);
  }

  /** Number of inputs so far. */
  get runs(): number {
    return this.#numbers[0]!; // within HEADER
  }

  get input(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#numbers[1]));
  }

  get target(): string {
    return Buffer.from(this.#name.subarray(0, this.#numbers[2])).toString();
  }

  set(target: string, input: Buffer): void {
    this.#name.set(Buffer.from(target));
    this.#numbers[2] = target.length;
    const kept = input.subarray(0, this.#bytes.length);
    this.#bytes.set(kept);
    this.#numbers[1] = kept.length;
    this.#numbers[0]! += 1;
  }
}
