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
import { readFiles, type FileBytes, type FileResult, type UnreadFile } from './read-files.js';
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
      const { file, keys, key, hashed } = listing.files[index]!; // the results are in its order
      if ('bytes' in result) files.push({ file, keys, key, hashed, bytes: result.bytes, hash: result.hash });
    }
    this.files = files;
    const hash = directoryHash(files);
    this.hash = listing.copies.length === 0 ? hash : sha256(JSON.stringify([hash, listing.copies]));
    const isRead = this.files.length === results.length && refused.length === 0;
    this.isWhole = isRead && listing.conflicts.length === 0;
  }
}

/** What was found in a directory, one file after the other. */
type Found = Pick<DirectoryReading, 'listing' | 'results'>;

/** A listing, and the links that it does not have because they lead out of the directory. */
interface Listed {
  readonly listing: Listing;
  readonly refused: readonly UnreadFile[];
}

/** Looks at a directory that changes meanwhile. After that, the caller retries later. */
const LOOKS = 4;

/** Reads all files of a directory as they were at one moment, so that a ConfigMap that is swapped is never mixed. */
export class DirectoryReader {
  readonly #formats: FormatRegistry;
  readonly #confinement: Confinement;
  readonly #fresh = new Set<FileResult>();

  constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly options: DirectoryOptions,
    private readonly filePaths: FilePaths,
    private readonly context: SourceLoadContext,
    private readonly errors: DirectoryErrors,
    /** Absolute path of the directory that links must not leave. */
    within: string,
    private readonly directories: LocalDirectories,
  ) {
    this.#formats = context.formats ?? new FormatRegistry();
    this.#confinement = new Confinement(within, '{ within }', path);
  }

  /**
   * Adds files that cannot be read to `errors`, and omits them from the result. Reads only files that have changed since
   * `previous`, and returns `previous` itself if none has.
   *
   * Looks at all files until a look finds what is known already: then each file has been the same from the moment it was
   * read until now. What has probably changed is read before the first look, which is the only one then.
   *
   * @param suspects files that have probably changed
   * @returns `undefined` if the manifest cannot be used.
   * @throws ReadError if the directory as a whole cannot be read.
   */
  async read(
    previous: DirectoryReading | undefined,
    suspects: ReadonlySet<string>,
  ): Promise<DirectoryReading | undefined> {
    expandPathVariables(this.name); // throws if a variable is not set
    let found: Found | undefined = previous && (await this.#readSuspects(previous, suspects));
    for (let look = 0; look < LOOKS; look += 1) {
      const listed = await this.#list(found?.listing);
      if (listed === undefined) return undefined;
      const { listing, refused } = listed;
      const results = await readFiles(listing.names, resultsOf(found, listing), this.#readContext);
      if (isSame(found, { listing, results })) {
        const isPrevious = previous?.isWhole && refused.length === 0 && isSame(previous, found);
        return isPrevious ? previous : this.#report(new DirectoryReading(listing, results, refused));
      }
      found = { listing, results };
    }
    throw new ReadError(UNSTABLE_MESSAGE, 'UNSTABLE', true);
  }

  /** Reads the suspects that have changed, and what has to be read in any case. */
  async #readSuspects(previous: DirectoryReading, suspects: ReadonlySet<string>): Promise<Found> {
    const { listing } = previous;
    const results = [...previous.results];
    const indexes = [...listing.names.keys()].filter((index) => {
      const result = results[index]!; // the results are in the order of the listing
      return suspects.has(result.file) || ('stamp' in result && !result.isSettled);
    });
    const files = indexes.map((index) => listing.names[index]!);
    const read = await readFiles(files, (_file, index) => results[indexes[index]!], this.#readContext);
    for (const [position, result] of read.entries()) {
      // What cannot be read may be listed again in a moment: the look tries once more.
      if ('bytes' in result) results[indexes[position]!] = result;
    }
    return { listing, results };
  }

  get #readContext() {
    const { limits, signal } = this.context;
    const confinement = this.options.manifest === undefined ? undefined : this.#confinement;
    const fresh = this.#fresh;
    return { root: this.path, limits, signal, directories: this.directories, confinement, fresh };
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
    const places = { confinement: this.#confinement, directories: this.directories };
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

/** Returns `true` if no file was added, removed or read in between. */
function isSame(earlier: Found | undefined, later: Found): earlier is Found {
  if (earlier?.listing !== later.listing) return false;
  return later.results.every((result, index) => result === earlier.results[index]);
}

/** Returns a function that finds the earlier result for a file of a listing. */
function resultsOf(
  earlier: Found | undefined,
  listing: Listing,
): (file: string, index: number) => FileResult | undefined {
  if (earlier === undefined) return () => undefined;
  if (earlier.listing === listing) return (_file, index) => earlier.results[index];
  const byFile = new Map(earlier.results.map((result) => [result.file, result]));
  return (file) => byFile.get(file);
}
