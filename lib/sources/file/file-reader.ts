import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isReusable, parseContent, sha256, type FileContent, type UnusableContent } from '../content/parse-content.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { ReadError } from '../content/read-error.js';
import { readStableFile, fileStamp } from '../content/read-stable-file.js';

/** Reads and parses the files of one load, each only once for what it says. */
export class FileReader {
  /** What was read, good or bad, by absolute paths. */
  readonly contents = new Map<string, FileContent | UnusableContent>();
  /** Every file that was asked for, with its stamp where it could be read. */
  readonly stamps = new Map<string, string | undefined>();
  /** Whether all files are known that the first one needs. */
  isWhole = false;
  #bytes = 0;

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly format: string | ConfigFormat | undefined,
    private readonly context: SourceLoadContext,
    private readonly before: ReadonlyMap<string, FileContent | UnusableContent>,
  ) {}

  /** Paths and hashes of all that was read. */
  get revisions(): [path: string, hash: string][] {
    return [...this.contents].map(([path, { hash }]) => [path, hash]);
  }

  /** @throws ReadError where there is nothing that can be read */
  async read(path: string, file: string): Promise<FileContent | UnusableContent> {
    return (await this.open(path, file)).parse();
  }

  /**
   * The bytes of a file, to be parsed if need be.
   *
   * @throws ReadError where there is nothing that can be read
   */
  async open(path: string, file: string) {
    const { limits } = this.context;
    // The option is for the first file; what it imports may be in other formats.
    const wanted = this.stamps.size === 0 ? this.format : undefined;
    this.stamps.set(path, undefined);
    const format = chooseFormat(file, wanted, this.context.formats ?? new FormatRegistry());
    const { bytes, stamp } = await readStableFile(path, limits.maxFileSize);
    this.stamps.set(path, stamp);
    this.#bytes += bytes.length;
    if (this.#bytes > limits.maxTotalSize) throw tooLarge(limits.maxTotalSize);
    const hash = sha256(bytes);
    return { hash, parse: () => this.#parse(path, { bytes, hash, file, format }) };
  }

  async #parse(
    path: string,
    { bytes, hash, file, format }: { bytes: Buffer; hash: string; file: string; format: ConfigFormat },
  ): Promise<FileContent | UnusableContent> {
    const known = this.before.get(path);
    const place = { source: this.source, file, mount: this.mount };
    const content =
      known?.hash === hash && known.file === file && isReusable(known)
        ? known
        : await parseContent(bytes, hash, format, place, this.context.limits);
    this.contents.set(path, content);
    return content;
  }

  /** Whether all files still stand as they were read. */
  async isUnchanged(): Promise<boolean> {
    const stamps = await Promise.all(
      [...this.stamps.keys()].map((path) => fileStamp(path).catch(() => undefined)),
    );
    return [...this.stamps.values()].every((stamp, index) => stamp === stamps[index]);
  }
}

function tooLarge(limit: number): ReadError {
  const message = `is one file too many: together they have more than ${limit} bytes (limit maxTotalSize)`;
  return new ReadError(message, 'TOO_LARGE', false);
}
