import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isContent, parseContent } from '../content/parse-content.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';
import { ReadError } from '../content/read-error.js';
import type { DirectoryErrors } from './directory-errors.js';
import { areUnchanged, readFiles, type FileBytes, type UnreadFile } from './read-files.js';
import { mapKey } from './directory.layer.js';
import type { DirectoryOptions } from './directory-options.js';
import { isWanted, keysFromFileName, keysFromId } from './file-keys.js';
import { listFiles } from './list-files.js';
import { readManifest } from './manifest.js';
import { isTemporaryFile } from './ignored-files.js';

/** A file of the directory with the keys it goes by. */
export interface DirectoryFile extends FileBytes {
  readonly keys: readonly string[];
}

/** A file that is to be read, by name. */
interface Wanted {
  readonly file: string;
  readonly keys: readonly string[];
}

/** A directory that changes while it is read is read again at once this often; then the caller may come back. */
const ATTEMPTS = 3;

/** All files of a directory as they stood together at one moment: a swapped ConfigMap is never read half and half. */
export class DirectoryReader {
  readonly #formats: FormatRegistry;

  constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly options: DirectoryOptions,
    private readonly context: SourceLoadContext,
    private readonly failures: DirectoryErrors,
  ) {
    this.#formats = context.formats ?? new FormatRegistry();
  }

  /**
   * Files that cannot be read are told to `failures`, and left out; undefined where the manifest cannot be used.
   *
   * @throws ReadError where the directory as a whole cannot be read.
   */
  async read(): Promise<DirectoryFile[] | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const wanted =
        this.options.manifest === undefined ? await this.#listed() : await this.#named(this.options.manifest);
      if (wanted === undefined) return undefined;
      const files = wanted.map(({ file }) => file);
      const read = await readFiles(
        this.path,
        files,
        this.context.limits,
        this.options.manifest !== undefined,
      );
      if (await this.#isUnchanged(files, read)) return this.#members(wanted, read);
    }
    throw new ReadError(
      'changes all the time while it is read; is something still writing it?',
      'UNSTABLE',
      true,
    );
  }

  async #listed(): Promise<Wanted[]> {
    return (await this.#files()).map((file) => ({
      file,
      keys: keysFromFileName(file, this.options, this.#formats),
    }));
  }

  #files(): Promise<string[]> {
    return listFiles(this.path, {
      recursive: this.options.recursive ?? true,
      accepts: (file) => isWanted(file, this.options, this.#formats),
      skips: isTemporaryFile,
      maxDepth: this.context.limits.maxDepth,
      maxFiles: this.context.limits.maxKeys,
    });
  }

  /** The files a manifest names; undefined where the manifest itself is at fault. */
  async #named(manifest: string): Promise<Wanted[] | undefined> {
    const { limits } = this.context;
    // Asked first, so that a directory that is missing is not told as a manifest that is.
    await listFiles(this.path, {
      recursive: false,
      accepts: () => false,
      skips: () => true,
      maxDepth: 1,
      maxFiles: 1,
    });
    const file = this.#display(manifest);
    const [read] = await readFiles(this.path, [manifest], limits, false);
    if (read === undefined || 'failure' in read) return this.failures.add(file, read?.failure);
    const format = chooseFormat(manifest, undefined, this.#formats);
    const content = await parseContent(
      read.bytes,
      read.hash,
      format,
      { source: this.name, file, mount: [] },
      limits,
    );
    if (!isContent(content)) return this.failures.addContent(content) as undefined;
    const { entries, issues } = readManifest(content);
    this.failures.addIssues(`${file} cannot be used`, issues, true);
    return issues.length > 0
      ? undefined
      : entries.map((entry) => ({ file: entry.file, keys: keysFromId(entry.id, this.options) }));
  }

  async #isUnchanged(files: readonly string[], read: readonly (FileBytes | UnreadFile)[]): Promise<boolean> {
    if (!(await areUnchanged(this.path, read))) return false;
    if (this.options.manifest !== undefined) return true;
    const now = await this.#files();
    return now.length === files.length && now.every((file, index) => file === files[index]);
  }

  #members(wanted: readonly Wanted[], read: readonly (FileBytes | UnreadFile)[]): DirectoryFile[] {
    const members: DirectoryFile[] = [];
    this.#refuseConflicts(wanted);
    for (const [index, result] of read.entries()) {
      const { keys } = wanted[index]!;
      if ('failure' in result) this.failures.add(this.#display(result.file), result.failure, keys);
      else members.push({ ...result, keys });
    }
    return members;
  }

  /** Two files must not claim one place, nor one file a place within another's. */
  #refuseConflicts(wanted: readonly Wanted[]): void {
    const claims = new Map<string, string>();
    for (const { file, keys } of wanted) {
      const other = claims.get(mapKey(keys));
      if (other !== undefined)
        this.failures.refuse(
          this.#display(file),
          keys,
          `comes from two files, ${this.#display(other)} and ${this.#display(file)}; remove one`,
        );
      claims.set(mapKey(keys), file);
      if (keys.some((key) => isForbiddenKey(key) || key === ''))
        this.failures.refuse(this.#display(file), keys, 'is not allowed as a key; rename the file');
    }
    for (const { file, keys } of wanted) {
      for (let length = 1; length < keys.length; length += 1) {
        const around = claims.get(mapKey(keys.slice(0, length)));
        if (around !== undefined)
          this.failures.refuse(
            this.#display(file),
            keys,
            `lies within the content of ${this.#display(around)}; move one of them`,
          );
      }
    }
  }

  #display(file: string): string {
    return `${this.name}/${file}`;
  }
}
