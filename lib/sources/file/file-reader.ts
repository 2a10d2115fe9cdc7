import { chooseFormat } from '../content/choose-format.js';
import { isReusable, sha256 } from '../content/parse-content.js';
import { parseFile } from '../content/parse-file.js';
import type { ContentContext, FileContent, UnusableContent } from '../content/parse-content.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { ReadError } from '../content/read-error.js';
import type { NamedPipes } from '../content/named-pipes.js';
import { fileSystemOf } from '../content/local-file-system.js';
import { haveStamps, localStamps } from '../content/local-stamps.js';
import { readStableFile, type StampedBytes } from '../content/read-stable-file.js';
import { LocalDirectories } from '../../util/local-directories.js';

/** Context of the load of a file. */
export interface FileLoadContext extends SourceLoadContext, Pick<ContentContext, 'conflicts'> {}

/** What the last load of a file has found, by absolute path. */
export interface FilesBefore {
  readonly contents: ReadonlyMap<string, FileContent | UnusableContent>;
  /** Stamps by which files are known to be unchanged. */
  readonly proofs: ReadonlyMap<string, string>;
}

/** The bytes of a file or of a pipe. */
type OpenedBytes = (
  StampedBytes | { readonly bytes: Buffer; readonly stamp?: never; readonly isSettled?: never }
) & {
  /** The hash of the bytes, if it is known from the load before. */
  readonly hash?: string;
};

/** Reads and parses the files of one load: the file itself and its imports. Unchanged files are not parsed again. */
export class FileReader implements FilesBefore {
  /** Results, good or bad, by absolute path. */
  readonly contents = new Map<string, FileContent | UnusableContent>();
  /** Stamps of all requested files by absolute path; `undefined` for a file that could not be read. */
  readonly stamps = new Map<string, string | undefined>();
  readonly proofs = new Map<string, string>();
  /** `true` if all imports are known. */
  isComplete = false;
  readonly #local = new LocalDirectories();
  /** Files that are being read before it is their turn. */
  readonly #early = new Map<string, Promise<OpenedBytes>>();
  #earlyBytes = 0;
  #bytes = 0;
  /** The files that are unchanged since the load before. */
  #unchanged: ReadonlySet<string> = new Set();

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly format: string | ConfigFormat | undefined,
    private readonly context: FileLoadContext,
    private readonly previous: FilesBefore,
    private readonly pipes?: NamedPipes,
  ) {}

  /** Finds the files that need not be read, because they are unchanged since the load before. */
  async findUnchanged(): Promise<void> {
    const paths = [...this.previous.proofs.keys()];
    const stamps = await localStamps(paths, this.#local, this.context.signal);
    const isSame = (path: string, index: number) => this.previous.proofs.get(path) === stamps[index];
    this.#unchanged = new Set(paths.filter(isSame));
  }

  /** Starts to read a file that is about to be opened. Never rejects: the error is reported when it is opened. */
  async readEarly(path: string): Promise<void> {
    if (this.#early.has(path) || this.#earlyBytes > this.context.limits.maxTotalSize) return;
    const reading = this.#read(path);
    this.#early.set(path, reading);
    const length = await reading.then(
      ({ bytes }) => bytes.length,
      () => 0,
    );
    this.#earlyBytes += length;
  }

  async #read(path: string): Promise<OpenedBytes> {
    const { limits, signal } = this.context;
    signal.throwIfAborted();
    const before = this.#unchanged.has(path) ? this.previous.contents.get(path) : undefined;
    if (before !== undefined && 'bytes' in before)
      return {
        bytes: before.bytes,
        hash: before.hash,
        stamp: this.previous.proofs.get(path)!,
        isSettled: true,
      };
    const piped = await this.pipes?.read(path, limits.maxFileSize, signal);
    if (piped !== undefined) return { bytes: piped };
    const fileSystem = await fileSystemOf(path, this.#local);
    return readStableFile(path, limits.maxFileSize, signal, fileSystem);
  }

  /**
   * Reads the bytes of a file, and returns a function that parses them.
   *
   * @throws ReadError if the file cannot be read.
   */
  async open(path: string, file: string) {
    const { limits } = this.context;
    // The option applies to the first file only; imports may have other formats.
    const option = this.stamps.size === 0 ? this.format : undefined;
    this.stamps.set(path, undefined);
    const format = chooseFormat(file, option, this.context.formats ?? new FormatRegistry());
    const { bytes, hash: knownHash, stamp, isSettled } = await (this.#early.get(path) ?? this.#read(path));
    const isPipe = stamp === undefined;
    // A pipe has no changes to follow.
    if (isPipe) this.stamps.delete(path);
    else this.stamps.set(path, stamp);
    if (isSettled && stamp !== undefined) this.proofs.set(path, stamp);
    this.#bytes += bytes.length;
    if (this.#bytes > limits.maxTotalSize) {
      const message = `makes all files together larger than ${limits.maxTotalSize} bytes (limit maxTotalSize)`;
      throw new ReadError(`${message}; shorten them or raise the limit`, 'TOO_LARGE', false);
    }
    // The same content in a file can be written back, so it is another layer.
    const hash = knownHash ?? sha256(isPipe ? Buffer.concat([Buffer.from('a named pipe\n'), bytes]) : bytes);
    const parse = async (): Promise<FileContent | UnusableContent> => {
      const previous = this.previous.contents.get(path);
      const isSame = previous?.hash === hash && previous.file === file && isReusable(previous);
      const location = { source: this.source, file, mount: this.mount };
      const content = isSame ? previous : await parseFile(bytes, hash, format, location, this.context);
      this.contents.set(path, content);
      return content;
    };
    return { hash, parse, isPipe };
  }

  /** Checks whether all files are unchanged since they were read. */
  isUnchanged(): Promise<boolean> {
    return haveStamps(this.stamps, this.#local, this.context.signal);
  }
}
