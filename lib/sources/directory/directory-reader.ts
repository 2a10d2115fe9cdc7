import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isContent } from '../content/parse-content.js';
import { parseFile } from '../content/parse-file.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';
import { Confinement } from '../content/confinement.js';
import { expandPathVariables } from '../content/expand-path-variables.js';
import { ReadError } from '../content/read-error.js';
import { UNSTABLE_MESSAGE } from '../content/read-stable-file.js';
import type { DirectoryErrors } from './directory-errors.js';
import { areUnchanged, readFiles, type FileBytes, type UnreadFile } from './read-files.js';
import { mapKey } from './directory.layer.js';
import type { DirectoryOptions } from './directory-options.js';
import type { FilePaths } from './file-paths.js';
import { keysFromFileName, keysFromId } from './file-keys.js';
import { findCopies, type SuspectedCopy } from './leftover-files.js';
import { listFiles, requireDirectory } from './list-files.js';
import { readManifest } from './manifest.js';

/** The content of a file of the directory, with the keys that it gets. */
export interface DirectoryFile extends FileBytes {
  readonly keys: readonly string[];
}

/** A file to read, with the keys that it gets. */
interface ListedFile {
  readonly file: string;
  readonly keys: readonly string[];
}

/** Attempts to read a directory that changes meanwhile. After that, the caller retries later. */
const ATTEMPTS = 3;

/** Reads all files of a directory as they were at one moment, so that a ConfigMap that is swapped is never mixed. */
export class DirectoryReader {
  readonly #formats: FormatRegistry;
  readonly #confinement: Confinement;
  /** Links that lead out of the directory. */
  #refused: readonly UnreadFile[] = [];
  /** Files that look like copies of others. */
  copies: readonly SuspectedCopy[] = [];

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
   * Adds files that cannot be read to `errors`, and omits them from the result.
   *
   * @returns `undefined` if the manifest cannot be used.
   * @throws ReadError if the directory as a whole cannot be read.
   */
  async read(): Promise<DirectoryFile[] | undefined> {
    expandPathVariables(this.name); // throws if a variable is not set
    const { manifest } = this.options;
    const { limits, signal } = this.context;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const listed = manifest === undefined ? await this.#listByName() : await this.#listByManifest(manifest);
      if (listed === undefined) return undefined;
      const files = listed.map(({ file }) => file);
      const confinement = manifest === undefined ? undefined : this.#confinement;
      const read = await readFiles(this.path, files, limits, signal, confinement);
      if (await this.#isUnchanged(files, read)) return this.#withKeys(listed, read);
    }
    throw new ReadError(UNSTABLE_MESSAGE, 'UNSTABLE', true);
  }

  async #listByName(): Promise<ListedFile[]> {
    const files = await this.#fileNames();
    return files.map((file) => ({
      file,
      keys: this.filePaths.get(file) ?? keysFromFileName(file, this.options, this.#formats),
    }));
  }

  async #fileNames(): Promise<string[]> {
    const { limits, signal } = this.context;
    const walk = { options: this.options, formats: this.#formats, limits, signal };
    const { files, refused } = await listFiles(this.path, { ...walk, confinement: this.#confinement });
    this.#refused = refused;
    this.copies = findCopies(files, (file) => this.filePaths.has(file));
    const passedOver = new Set(this.copies.filter(({ isRead }) => !isRead).map(({ file }) => file));
    return files.filter((file) => !passedOver.has(file));
  }

  /** Returns the files that a manifest lists, or `undefined` if the manifest cannot be used. */
  async #listByManifest(manifest: string): Promise<ListedFile[] | undefined> {
    const { limits, signal } = this.context;
    // First, so that a missing directory is not reported as a missing manifest.
    await requireDirectory(this.path);
    const file = this.#display(manifest);
    const [read] = await readFiles(this.path, [manifest], limits, signal, this.#confinement);
    if (read === undefined || 'error' in read) return this.errors.addReadError(file, read?.error);
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
    return entries.map(({ file: listed, id }) => ({
      file: listed,
      keys: this.filePaths.get(listed) ?? keysFromId(id, this.options),
    }));
  }

  async #isUnchanged(files: readonly string[], read: readonly (FileBytes | UnreadFile)[]): Promise<boolean> {
    if (!(await areUnchanged(this.path, read, this.context.signal))) return false;
    if (this.options.manifest !== undefined) return true;
    const now = await this.#fileNames();
    return now.length === files.length && now.every((file, index) => file === files[index]);
  }

  #withKeys(listed: readonly ListedFile[], read: readonly (FileBytes | UnreadFile)[]): DirectoryFile[] {
    const files: DirectoryFile[] = [];
    this.#reportKeyConflicts(listed);
    for (const { file, error } of this.#refused) this.errors.addReadError(this.#display(file), error);
    for (const [index, result] of read.entries()) {
      const { keys } = listed[index]!;
      if ('error' in result) this.errors.addReadError(this.#display(result.file), result.error, keys);
      else files.push({ ...result, keys });
    }
    return files;
  }

  /** Two files must not have the same keys, and a file must not have keys within the content of another file. */
  #reportKeyConflicts(listed: readonly ListedFile[]): void {
    const fileByKeys = new Map<string, string>();
    const fileByNormalKeys = new Map<string, string>();
    const report = (file: string, keys: readonly string[], message: string): void =>
      this.errors.addKeyConflict(this.#display(file), keys, message);
    for (const { file, keys } of listed) {
      const other = fileByKeys.get(mapKey(keys));
      if (other !== undefined) {
        const both = `${this.#display(other)} and ${this.#display(file)}`;
        const origin =
          other === file
            ? `${this.#display(file)}, which the manifest lists twice; remove one entry`
            : `two files, ${both}; remove one`;
        report(file, keys, `comes from ${origin}`);
      }
      const normal = mapKey(keys).normalize();
      const same = fileByNormalKeys.get(normal);
      if (same !== undefined && other === undefined) {
        const both = `${this.#display(same)} and ${this.#display(file)}`;
        const spelling = 'whose names look the same, but have other Unicode characters (NFC and NFD)';
        report(file, keys, `comes from two files, ${both}, ${spelling}; remove one`);
      }
      fileByNormalKeys.set(normal, file);
      fileByKeys.set(mapKey(keys), file);
      if (keys.some((key) => isForbiddenKey(key) || key === ''))
        report(file, keys, 'is not allowed as a key; rename the file');
    }
    for (const { file, keys } of listed) {
      for (let length = 1; length < keys.length; length += 1) {
        const outer = fileByKeys.get(mapKey(keys.slice(0, length)));
        if (outer !== undefined)
          report(file, keys, `is within the content of ${this.#display(outer)}; move one of them`);
      }
    }
  }

  #display(file: string): string {
    return `${this.name}/${file}`;
  }
}
