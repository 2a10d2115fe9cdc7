import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isContent, sha256 } from '../content/parse-content.js';
import { parseFile } from '../content/parse-file.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { Confinement } from '../content/confinement.js';
import { LocalDirectories } from '../../util/local-directories.js';
import { expandPathVariables } from '../content/expand-path-variables.js';
import { ReadError } from '../content/read-error.js';
import { UNSTABLE_MESSAGE } from '../content/read-stable-file.js';
import type { DirectoryErrors } from './directory-errors.js';
import { areUnchanged, readFiles, type FileBytes, type FileResult, type UnreadFile } from './read-files.js';
import { directoryHash } from './directory.layer.js';
import type { DirectoryOptions } from './directory-options.js';
import type { FilePaths } from './file-paths.js';
import { keysFromFileName, keysFromId, type ListedFile } from './file-keys.js';
import { findCopies } from './leftover-files.js';
import { listFiles, requireDirectory } from './list-files.js';
import { Listing } from './listing.js';
import { readManifest } from './manifest.js';

/** The content of a file of the directory, with the keys that it gets. */
export interface DirectoryFile extends ListedFile, Pick<FileBytes, 'bytes' | 'hash'> {}

/** A directory as it was at one moment. */
export class DirectoryReading {
  /** The files that could be read. */
  readonly files: readonly DirectoryFile[];
  /** Equal for equal files under equal keys. With the warnings of copies, it is another one. */
  readonly hash: string;
  /** `true` if all files could be read, and can have their keys. */
  readonly isWhole: boolean;

  constructor(
    readonly listing: Listing,
    /** In the order of the listing. */
    readonly results: readonly FileResult[],
    /** Links that lead out of the directory. */
    readonly refused: readonly UnreadFile[],
  ) {
    const files: DirectoryFile[] = [];
    for (const [index, result] of results.entries()) {
      const { file, keys, key } = listing.files[index]!; // the results are in its order
      if ('bytes' in result) files.push({ file, keys, key, bytes: result.bytes, hash: result.hash });
    }
    this.files = files;
    const hash = directoryHash(files);
    this.hash = listing.copies.length === 0 ? hash : sha256(JSON.stringify([hash, listing.copies]));
    const isRead = this.files.length === results.length && refused.length === 0;
    this.isWhole = isRead && listing.conflicts.length === 0;
  }

  /** Returns `true` if reading the directory again has found exactly this: no file was read again. */
  isSame(listing: Listing, results: readonly FileResult[], refused: readonly UnreadFile[]): boolean {
    const isListed = this.listing === listing && refused.length === 0;
    return isListed && results.every((result, index) => result === this.results[index]);
  }
}

/** A listing, and the links that it does not have because they lead out of the directory. */
interface Listed {
  readonly listing: Listing;
  readonly refused: readonly UnreadFile[];
}

/** Attempts to read a directory that changes meanwhile. After that, the caller retries later. */
const ATTEMPTS = 3;

/** Reads all files of a directory as they were at one moment, so that a ConfigMap that is swapped is never mixed. */
export class DirectoryReader {
  readonly #formats: FormatRegistry;
  readonly #confinement: Confinement;
  readonly #directories = new LocalDirectories();

  constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly options: DirectoryOptions,
    private readonly filePaths: FilePaths,
    private readonly context: SourceLoadContext,
    private readonly errors: DirectoryErrors,
    /** Absolute path of the directory that links must not leave. */
    within: string,
  ) {
    this.#formats = context.formats ?? new FormatRegistry();
    this.#confinement = new Confinement(within, '{ within }', path);
  }

  /**
   * Adds files that cannot be read to `errors`, and omits them from the result. Reads only files that have changed since
   * `previous`, and returns `previous` itself if none has.
   *
   * @returns `undefined` if the manifest cannot be used.
   * @throws ReadError if the directory as a whole cannot be read.
   */
  async read(previous: DirectoryReading | undefined): Promise<DirectoryReading | undefined> {
    expandPathVariables(this.name); // throws if a variable is not set
    let earlier: Pick<DirectoryReading, 'listing' | 'results'> | undefined = previous;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const listed = await this.#list(earlier?.listing);
      if (listed === undefined) return undefined;
      const { listing, refused } = listed;
      const results = await readFiles(listing.names, resultsOf(earlier, listing), this.#readContext);
      // Each file has been what it was then from that moment until now.
      if (previous?.isWhole && previous.isSame(listing, results, refused)) return previous;
      if (await this.#isUnchanged(listing, results))
        return this.#report(new DirectoryReading(listing, results, refused));
      earlier = { listing, results };
    }
    throw new ReadError(UNSTABLE_MESSAGE, 'UNSTABLE', true);
  }

  get #readContext() {
    const { limits, signal } = this.context;
    const confinement = this.options.manifest === undefined ? undefined : this.#confinement;
    return { root: this.path, limits, signal, directories: this.#directories, confinement };
  }

  /** Returns `undefined` if the manifest cannot be used. */
  #list(earlier: Listing | undefined): Promise<Listed | undefined> {
    const { manifest } = this.options;
    return manifest === undefined ? this.#listByName(earlier) : this.#listByManifest(manifest, earlier);
  }

  async #listByName(earlier: Listing | undefined): Promise<Listed> {
    const { files, refused } = await this.#fileNames();
    return { listing: earlier?.isMadeOf(files) ? earlier : this.#listingOf(files), refused };
  }

  #listingOf(files: readonly string[]): Listing {
    const copies = findCopies(files, (file) => this.filePaths.has(file));
    const passedOver = new Set(copies.filter(({ isRead }) => !isRead).map(({ file }) => file));
    const listed = files
      .filter((file) => !passedOver.has(file))
      .map((file) => ({
        file,
        keys: this.filePaths.get(file) ?? keysFromFileName(file, this.options, this.#formats),
      }));
    return new Listing(files, listed, copies);
  }

  #fileNames() {
    const { limits, signal } = this.context;
    const walk = { options: this.options, formats: this.#formats, limits, signal };
    const places = { confinement: this.#confinement, directories: this.#directories };
    return listFiles(this.path, { ...walk, ...places });
  }

  /** Returns the files that a manifest lists, or `undefined` if the manifest cannot be used. */
  async #listByManifest(manifest: string, earlier: Listing | undefined): Promise<Listed | undefined> {
    // First, so that a missing directory is not reported as a missing manifest.
    await requireDirectory(this.path);
    const file = this.#display(manifest);
    const [read] = await readFiles([manifest], () => undefined, this.#readContext);
    if (read === undefined || 'error' in read) return this.errors.addReadError(file, read?.error);
    if (earlier?.isMadeOf([read.hash])) return { listing: earlier, refused: [] };
    const format = chooseFormat(manifest, undefined, this.#formats);
    const location = { source: this.name, file, mount: [] };
    const content = await parseFile(read.bytes, read.hash, format, location, this.context);
    if (!isContent(content)) {
      this.errors.addUnusableContent(content);
      return undefined;
    }
    const { entries, issues } = readManifest(content);
    this.errors.addIssues(`${file} cannot be used`, issues, true);
    if (issues.length > 0) return undefined;
    const files = entries.map(({ file: listed, id }) => ({
      file: listed,
      keys: this.filePaths.get(listed) ?? keysFromId(id, this.options),
    }));
    return { listing: new Listing([read.hash], files), refused: [] };
  }

  async #isUnchanged(listing: Listing, results: readonly FileResult[]): Promise<boolean> {
    if (!(await areUnchanged(results, this.#readContext))) return false;
    return this.options.manifest !== undefined || listing.isMadeOf((await this.#fileNames()).files);
  }

  #report(reading: DirectoryReading): DirectoryReading {
    const { listing, results, refused } = reading;
    for (const { file, keys, describe } of listing.conflicts)
      this.errors.addKeyConflict(
        this.#display(file),
        keys,
        describe((other) => this.#display(other)),
      );
    for (const { file, error } of refused) this.errors.addReadError(this.#display(file), error);
    for (const [index, result] of results.entries()) {
      if ('error' in result)
        this.errors.addReadError(this.#display(result.file), result.error, listing.files[index]!.keys);
    }
    return reading;
  }

  #display(file: string): string {
    return `${this.name}/${file}`;
  }
}

/** Returns a function that finds the earlier result for a file of a listing. */
function resultsOf(
  earlier: Pick<DirectoryReading, 'listing' | 'results'> | undefined,
  listing: Listing,
): (file: string, index: number) => FileResult | undefined {
  if (earlier === undefined) return () => undefined;
  if (earlier.listing === listing) return (_file, index) => earlier.results[index];
  const byFile = new Map(earlier.results.map((result) => [result.file, result]));
  return (file) => byFile.get(file);
}
