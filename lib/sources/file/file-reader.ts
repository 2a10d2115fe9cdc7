import { chooseFormat } from '../content/choose-format.js';
import { isReusable, sha256 } from '../content/parse-content.js';
import { parseFile } from '../content/parse-file.js';
import type { ContentContext, FileContent, UnusableContent } from '../content/parse-content.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { ReadError } from '../content/read-error.js';
import type { NamedPipes } from '../content/named-pipes.js';
import { readStableFile, fileStamp } from '../content/read-stable-file.js';

/** Context of the load of a file. */
export interface FileLoadContext extends SourceLoadContext, Pick<ContentContext, 'conflicts'> {}

/** Reads and parses the files of one load: the file itself and its imports. Unchanged files are not parsed again. */
export class FileReader {
  /** Results, good or bad, by absolute path. */
  readonly contents = new Map<string, FileContent | UnusableContent>();
  /** Stamps of all requested files by absolute path; `undefined` for a file that could not be read. */
  readonly stamps = new Map<string, string | undefined>();
  /** `true` if all imports are known. */
  isComplete = false;
  #bytes = 0;

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly format: string | ConfigFormat | undefined,
    private readonly context: FileLoadContext,
    private readonly previous: ReadonlyMap<string, FileContent | UnusableContent>,
    private readonly pipes?: NamedPipes,
  ) {}

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
    const { signal } = this.context;
    signal.throwIfAborted();
    const piped = await this.pipes?.read(path, limits.maxFileSize, signal);
    const { bytes, stamp } = piped
      ? { bytes: piped, stamp: undefined }
      : await readStableFile(path, limits.maxFileSize, signal);
    // A pipe has no changes to follow.
    if (piped) this.stamps.delete(path);
    else this.stamps.set(path, stamp);
    this.#bytes += bytes.length;
    if (this.#bytes > limits.maxTotalSize) {
      const message = `makes all files together larger than ${limits.maxTotalSize} bytes (limit maxTotalSize)`;
      throw new ReadError(`${message}; shorten them or raise the limit`, 'TOO_LARGE', false);
    }
    // The same content in a file can be written back, so it is another layer.
    const hash = sha256(piped ? Buffer.concat([Buffer.from('a named pipe\n'), bytes]) : bytes);
    const parse = async (): Promise<FileContent | UnusableContent> => {
      const previous = this.previous.get(path);
      const isSame = previous?.hash === hash && previous.file === file && isReusable(previous);
      const location = { source: this.source, file, mount: this.mount };
      const content = isSame ? previous : await parseFile(bytes, hash, format, location, this.context);
      this.contents.set(path, content);
      return content;
    };
    return { hash, parse, isPipe: piped !== undefined };
  }

  /** Checks whether all files are unchanged since they were read. */
  async isUnchanged(): Promise<boolean> {
    const stamps = await Promise.all(
      [...this.stamps.keys()].map((path) => fileStamp(path).catch(() => undefined)),
    );
    return [...this.stamps.values()].every((stamp, index) => stamp === stamps[index]);
  }
}
