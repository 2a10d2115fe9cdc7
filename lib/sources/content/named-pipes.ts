import { closeSync, constants, lstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { ReadError, toReadError } from './read-error.js';

/** Maximum time that a read waits, in ms. */
export interface PipeWait {
  /** For a program that opens the pipe to write into it. */
  readonly writer: number;
  /** Until that program has closed it; it may ask its user for permission first. */
  readonly end: number;
}

/** Less than the default of `loadTimeout`, so that the error is about the pipe. */
const DEFAULT_WAIT: Readonly<PipeWait> = { writer: 5_000, end: 25_000 };

/** Time after the last bytes in which the end of the content is looked for without a pause, in ms. */
const SHORT = 20;

/**
 * The contents of named pipes that are used as files: 1Password mounts `.env` as one. A pipe gives its content once, so it
 * is read once and kept, even if the pipe disappears. Never blocks a thread: the pipe is opened without waiting.
 */
export class NamedPipes {
  readonly #contents = new Map<string, Buffer>();
  /** Errors of `readNow` that no `read` has reported. */
  readonly #failures = new Map<string, unknown>();

  constructor(private readonly wait: PipeWait = DEFAULT_WAIT) {}

  /** Returns whether the content at an absolute path is that of a pipe: it cannot change. */
  has(path: string): boolean {
    return this.#contents.has(path) ? kindAt(path) !== 'file' : kindAt(path) === 'pipe';
  }

  /**
   * Returns the content; `undefined` if there is no named pipe at the path.
   *
   * @throws ReadError if no program writes into the pipe, or does not end within the time for it
   */
  async read(path: string, maxSize: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (!this.has(path)) return undefined;
    if (this.#failures.has(path)) {
      const failure = this.#failures.get(path);
      this.#failures.delete(path);
      throw failure;
    }
    return this.#contents.get(path) ?? this.#keep(path, await readPipe(path, maxSize, this.wait, signal));
  }

  /** Like `read`, but synchronous: for the boot, before there is an event loop to wait in. */
  readNow(path: string, maxSize: number): Buffer | undefined {
    if (!this.has(path)) return undefined;
    try {
      return this.#contents.get(path) ?? this.#keep(path, readPipeNow(path, maxSize, this.wait));
    } catch (error) {
      this.#failures.set(path, error);
      throw error;
    }
  }

  #keep(path: string, bytes: Buffer): Buffer {
    this.#contents.set(path, bytes);
    return bytes;
  }
}

/** A pipe without a name, such as `/dev/stdin`, is none: it belongs to this process. */
function kindAt(path: string): 'file' | 'pipe' | undefined {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return 'file';
    return stats.isFIFO() && lstatSync(realpathSync(path)).isFIFO() ? 'pipe' : undefined;
  } catch {
    return undefined;
  }
}

async function readPipe(
  path: string,
  maxSize: number,
  wait: PipeWait,
  signal?: AbortSignal,
): Promise<Buffer> {
  const reading = new PipeReading(path, maxSize, wait);
  try {
    for (let pause = reading.step(); pause !== undefined; pause = reading.step()) {
      await (pause === 0 ? nextTurn() : delay(pause));
      signal?.throwIfAborted();
    }
    return reading.content;
  } finally {
    reading.close();
  }
}

function readPipeNow(path: string, maxSize: number, wait: PipeWait): Buffer {
  const reading = new PipeReading(path, maxSize, wait);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  try {
    for (let pause = reading.step(); pause !== undefined; pause = reading.step())
      Atomics.wait(sleeper, 0, 0, pause);
    return reading.content;
  } finally {
    reading.close();
  }
}

/** One read of a pipe, from its opening to the moment at which its writer has closed it. */
class PipeReading {
  readonly #descriptor: number;
  readonly #chunks: Buffer[] = [];
  readonly #startedAt = performance.now();
  #size = 0;
  #hasWriter = false;
  /** Time of the last bytes. */
  #bytesAt: number | undefined;

  constructor(
    path: string,
    private readonly maxSize: number,
    private readonly wait: PipeWait,
  ) {
    try {
      this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw toReadError(error);
    }
  }

  get content(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Reads what is there. Returns the pause before the next step, in ms; `undefined` at the end of the content. */
  step(): number | undefined {
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536);
      const length = this.#readInto(chunk);
      if (length === 0 && this.#hasWriter) return undefined;
      if (length === 0 || length === undefined) return this.#pause();
      this.#size += length;
      this.#bytesAt = performance.now();
      this.#chunks.push(chunk.subarray(0, length));
      if (this.#size > this.maxSize) throw tooLarge(this.maxSize);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Returns 0 if no writer has it open, `undefined` if one has and has written nothing new. */
  #readInto(chunk: Buffer): number | undefined {
    try {
      const length = readSync(this.#descriptor, chunk);
      if (length > 0) this.#hasWriter = true;
      return length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw toReadError(error);
      this.#hasWriter = true;
      return undefined;
    }
  }

  /** Once there are bytes, the end is looked for quickly: a program that writes again and again would add a second copy. */
  #pause(): number {
    const now = performance.now();
    const waited = now - this.#startedAt;
    const { writer, end } = this.wait;
    if (!this.#hasWriter && waited > writer) {
      const message = `is a named pipe, and no program has written to it within ${writer} ms`;
      throw new ReadError(`${message}; start that program before the app`, 'NO_WRITER', false);
    }
    if (waited > end) {
      const message = `is a named pipe, and the program that writes to it has not closed it within ${end} ms`;
      throw new ReadError(`${message}; let it write the content once, and close the pipe`, 'NO_END', false);
    }
    if (this.#bytesAt === undefined) return 5;
    return now - this.#bytesAt < SHORT ? 0 : 1;
  }
}

function tooLarge(maxSize: number): ReadError {
  const message = `has more than the allowed ${maxSize} bytes (limit maxFileSize)`;
  return new ReadError(`${message}; shorten it or raise the limit`, 'TOO_LARGE', false);
}
