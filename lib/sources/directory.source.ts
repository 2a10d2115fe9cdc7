import { resolve } from 'node:path';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import type { WatchHandle, WatchTarget } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from './contract/config-source.interface.js';
import { sha256 } from './content/parse-content.js';
import { directoryHash, DirectoryLayer } from './directory/directory.layer.js';
import { DirectoryReader, type DirectoryReading } from './directory/directory-reader.js';
import { checkDirectoryOptions, type DirectoryOptions } from './directory/directory-options.js';
import { type FilePaths, parseFilePaths } from './directory/file-paths.js';
import { tryExpandPathVariables } from './content/expand-path-variables.js';
import { isIgnoredFile } from './directory/ignored-files.js';
import type { SuspectedCopy } from './directory/leftover-files.js';
import { DirectoryParser } from './directory/directory-parser.js';
import { LocalDirectories } from '../util/local-directories.js';
import { parseMount } from './contract/mount.js';
import { isUnfinishedContentAccepted } from './contract/accept-unfinished-content.js';
import { describeInvisible } from '../util/control-characters.js';
import { DirectoryErrors } from './directory/directory-errors.js';

/**
 * Reads configuration from a directory in which each file becomes a key: `modules/npc/dialogue.json` becomes
 * `modules['npc.dialogue']`. Keys follow the files that are added, changed and removed. Temporary files of editors,
 * backups and dotfiles are ignored.
 *
 * @param path Relative to the working directory. It may contain environment variables: `config/${NODE_ENV}`. Errors
 * show the path as written.
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * sources: [
 *   directory('config/modules', { mount: 'modules', manifest: 'manifest.yaml' }),
 *   directory('/etc/secrets', { mount: 'secrets', format: 'text' }), // a mounted Kubernetes Secret
 *   directory('/etc/keys', { format: 'text', paths: { OPENAI_API_KEY: 'llm.api_key' } }),
 * ]
 * ```
 *
 * @publicApi
 */
export function directory(path: string, options: DirectoryOptions = {}): ConfigSource {
  checkDirectoryOptions(options);
  return new DirectorySource(path, options);
}

/** Hash of a missing directory. */
const MISSING = sha256('a missing directory');

/** Hash of a directory without files. */
const EMPTY = directoryHash([]);

class DirectorySource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  /** The path as written in the options, with forward slashes. */
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #mount: readonly string[];
  readonly #filePaths: FilePaths;
  readonly #parser: DirectoryParser;
  /** Base of relative paths, even if the process changes its working directory later. */
  readonly #home = process.cwd();
  /** Of the last load, for the watch. */
  #maxEntries: number | undefined;
  /** The directory as it was read last: the next load reads only files that have changed since. */
  #reading: DirectoryReading | undefined;
  #directories: LocalDirectories | undefined;
  /** Files that the watch has named since the last load. */
  #suspects: ReadonlySet<string> = new Set();

  constructor(
    path: string,
    private readonly options: DirectoryOptions,
  ) {
    this.name = path.replaceAll('\\', '/').replace(/(.)\/+$/, '$1');
    this.onError = options.onError ?? 'reject';
    this.#mount = parseMount(options.mount, this.name);
    this.#filePaths = parseFilePaths(options, this.name);
    this.#parser = new DirectoryParser(this.name, this.#mount, options);
  }

  /** The absolute path that is read and watched, with the current values of its environment variables. */
  get path(): string {
    return resolve(this.#home, tryExpandPathVariables(this.name));
  }

  /** The absolute path of the directory that links must not leave. */
  get #within(): string {
    const { within } = this.options;
    return within === undefined ? this.path : resolve(this.#home, within);
  }

  /**
   * Reads all files as they were at one moment, and parses those that changed. Errors report all unusable files, not
   * only the first.
   *
   * @throws ConfigSourceError if the directory cannot be read or is empty, ConfigParseError if a text is malformed.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    const errors = new DirectoryErrors(this.name, this.#mount, context.final);
    const { name, path, options } = this;
    const directories = new LocalDirectories(this.#directories);
    this.#directories = directories;
    const reader = new DirectoryReader(
      name,
      path,
      options,
      this.#filePaths,
      context,
      errors,
      this.#within,
      directories,
    );
    this.#maxEntries = context.limits.maxEntries;
    const suspects = this.#suspects;
    this.#suspects = new Set();
    const reading = await reader
      .read(this.#reading, suspects)
      .catch((error: unknown) => errors.addReadError(this.name, error));
    context.signal.throwIfAborted();
    this.#reading = reading ?? this.#reading;
    if (errors.isSourceMissing && this.options.optional && isUnfinishedContentAccepted(MISSING, context)) {
      return (
        this.#known(MISSING, context) ?? new DirectoryLayer(this.name, MISSING, [], this.#mount, this.path)
      );
    }
    if (reading === undefined) return errors.throwAll();
    const { files, hash } = reading;
    const newest = context.known.at(-1);
    if (errors.isEmpty && files.length > 0 && newest?.hash === hash) return newest;
    this.#reportMissingFiles(reading, context, errors);
    const known = errors.isEmpty ? this.#known(hash, context) : undefined;
    if (known !== undefined) return known;
    const parsed = await this.#parser.parse(files, context, errors);
    if (!errors.isEmpty) return errors.throwAll(hash);
    const warnings = [
      ...reading.listing.copies.map((copy) => this.#copyWarning(copy)),
      ...reading.listing.invisible.flatMap((file) => this.#nameWarning(file)),
    ];
    return new DirectoryLayer(this.name, hash, parsed, this.#mount, this.path, warnings);
  }

  watch(context: SourceWatchContext): WatchHandle | Promise<WatchHandle> {
    const { recursive = true, manifest } = this.options;
    const options = manifest === undefined ? this.options : { ...this.options, extensions: undefined };
    const filter = (file: string): boolean => file === manifest || !isIgnoredFile(file, options, undefined);
    const target: WatchTarget = {
      path: this.path,
      kind: 'directory',
      recursive,
      filter,
      within: this.#within,
    };
    const maxEntries = this.#maxEntries;
    return context.files.watch(
      { ...target, ...(maxEntries !== undefined && { maxEntries }) },
      (files = []) => {
        this.#suspects = new Set(files);
        context.changed();
      },
    );
  }

  #known(hash: string, { known }: SourceLoadContext): Layer | undefined {
    return known.find((layer) => layer.hash === hash);
  }

  /** Missing files may come back: an editor deletes before it writes, a kubelet creates links last. */
  #reportMissingFiles({ files }: DirectoryReading, context: SourceLoadContext, errors: DirectoryErrors) {
    if (this.options.manifest !== undefined) return;
    const allowEmpty = this.options.allowEmpty && isUnfinishedContentAccepted(EMPTY, context);
    if (files.length === 0 && errors.isEmpty && !allowEmpty) {
      const message = 'contains no configuration files; add one, or allow this with { allowEmpty: true }';
      errors.addIssues(`${this.name} is empty`, [this.#issue(message)], true);
    }
    const newest = context.known.at(-1);
    if (!context.final && newest instanceof DirectoryLayer) {
      const present = new Set(files.map(({ key }) => key));
      const lost = [...newest.parsedFiles].filter(({ key }) => !present.has(key));
      errors.addIssues(
        `Files of ${this.name} are missing`,
        lost.map(({ file }) => this.#issue(`${this.name}/${file} no longer exists`)),
        true,
      );
    }
  }

  #copyWarning({ file, original, isRead }: SuspectedCopy): ConfigIssue {
    const display = `${this.name}/${file}`;
    const looks = original === undefined ? 'looks like a copy' : `looks like a copy of ${original}`;
    const message = isRead
      ? `${display} ${looks}, but is read; remove it if it is one`
      : `${display} ${looks}, and is not read; remove it, or rename it, or name it in the option "paths"`;
    return { path: formatPath(this.#mount), message, origin: { source: this.name, file: display } };
  }

  /** The name becomes a key. */
  #nameWarning(file: string): ConfigIssue[] {
    const invisible = describeInvisible(file);
    if (invisible === undefined || this.options.manifest !== undefined || this.#filePaths.has(file))
      return [];
    const display = `${this.name}/${file}`;
    const message = `${display} has ${invisible} in its name, so its key is another one than it looks; rename it`;
    return [{ path: formatPath(this.#mount), message, origin: { source: this.name, file: display } }];
  }

  #issue(message: string): ConfigIssue {
    return { path: formatPath(this.#mount), message, origin: { source: this.name, file: this.name } };
  }
}
