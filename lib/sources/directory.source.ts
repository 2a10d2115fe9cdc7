import { resolve } from 'node:path';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from './contract/config-source.interface.js';
import { sha256 } from './content/parse-content.js';
import { directoryHash, DirectoryLayer, mapKey } from './directory/directory.layer.js';
import { DirectoryReader, type DirectoryFile } from './directory/directory-reader.js';
import type { DirectoryOptions } from './directory/directory-options.js';
import { expandPathVariables, tryExpandPathVariables } from './content/expand-path-variables.js';
import { isWanted } from './directory/file-keys.js';
import { DirectoryParser } from './directory/directory-parser.js';
import { parseMount } from './contract/mount.js';
import { isUnfinishedContentAccepted } from './contract/accept-unfinished-content.js';
import { DirectoryErrors } from './directory/directory-errors.js';

/**
 * Configuration from a directory in which each file becomes a key: `modules/npc/dialogue.json` becomes
 * `modules['npc.dialogue']`. Files that come, change and go are keys that come, change and go. Editors' temporary
 * files, backups and dotfiles are passed over.
 *
 * @param path As the app names it, relative to the working directory. Errors show it as it was written. It may hold
 * environment variables: `config/${NODE_ENV}`.
 * @throws ConfigOptionsError where `mount` is no path.
 *
 * @example
 * ```ts
 * sources: [
 *   directory('config/modules', { mount: 'modules', manifest: 'manifest.yaml' }),
 *   directory('/etc/secrets', { mount: 'secrets', format: 'text' }), // a mounted Kubernetes Secret
 * ]
 * ```
 *
 * @publicApi
 */
export function directory(path: string, options: DirectoryOptions = {}): ConfigSource {
  return new DirectorySource(path, options);
}

/** The revision of a directory that is not there. */
const MISSING = sha256('a missing directory');

/** The revision of a directory without files. */
const EMPTY = directoryHash([]);

/** What `directory()` makes. */
class DirectorySource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = true;
  /** The path as the app wrote it, with forward slashes. */
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #mount: readonly string[];
  readonly #parser: DirectoryParser;
  /** Where relative paths start, wherever the process goes later. */
  readonly #home = process.cwd();

  constructor(
    path: string,
    private readonly options: DirectoryOptions,
  ) {
    this.name = path.replaceAll('\\', '/').replace(/(.)\/+$/, '$1');
    this.onError = options.onError ?? 'reject';
    this.#mount = parseMount(options.mount, this.name);
    this.#parser = new DirectoryParser(this.name, this.#mount, options);
  }

  /** The absolute path that is read and watched: with the environment variables in it as they are now. */
  get path(): string {
    return resolve(this.#home, tryExpandPathVariables(this.name));
  }

  /**
   * Reads all files as they stood together at one moment; only those that changed are parsed. All bad files are told,
   * not only the first.
   *
   * @throws ConfigSourceError where it cannot be read or is empty, ConfigParseError where a text is malformed.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    const failures = new DirectoryErrors(this.name, this.#mount, context.final);
    const generation = new DirectoryReader(this.name, this.path, this.options, context, failures);
    const files = await this.#read(generation).catch((error: unknown) => failures.add(this.name, error));
    if (failures.isSourceMissing && this.options.optional && isUnfinishedContentAccepted(MISSING, context)) {
      return (
        this.#known(MISSING, context) ?? new DirectoryLayer(this.name, MISSING, [], this.#mount, this.path)
      );
    }
    if (files === undefined) return failures.throwAll();
    const hash = directoryHash(files.map(({ keys, file, hash: fileHash }) => [keys, file, fileHash]));
    this.#noticeLoss(files, context, failures);
    const known = failures.isEmpty ? this.#known(hash, context) : undefined;
    if (known !== undefined) return known;
    const parts = await this.#parser.parse(files, context, failures);
    return failures.isEmpty
      ? new DirectoryLayer(this.name, hash, parts, this.#mount, this.path)
      : failures.throwAll(hash);
  }

  watch(context: SourceWatchContext): WatchHandle | Promise<WatchHandle> {
    const { recursive = true, manifest } = this.options;
    const options = manifest === undefined ? this.options : { ...this.options, extensions: undefined };
    const filter = (file: string): boolean => file === manifest || isWanted(file, options, undefined);
    return context.files.watch({ path: this.path, kind: 'directory', recursive, filter }, () =>
      context.changed(),
    );
  }

  async #read(generation: DirectoryReader) {
    expandPathVariables(this.name);
    return generation.read();
  }

  #known(hash: string, { known }: SourceLoadContext): Layer | undefined {
    return known.find((layer) => layer.hash === hash);
  }

  /** Files that are missing may be on their way back: an editor deletes before it writes, a kubelet links last. */
  #noticeLoss(files: readonly DirectoryFile[], context: SourceLoadContext, failures: DirectoryErrors) {
    if (this.options.manifest !== undefined) return;
    if (files.length === 0 && failures.isEmpty && !(this.options.allowEmpty && isUnfinishedContentAccepted(EMPTY, context))) {
      const message = 'holds no files that count; add one, or allow that with { allowEmpty: true }';
      failures.addIssues(`${this.name} is empty`, [this.#issue(message)], true);
    }
    const newest = context.known.at(-1);
    if (!context.final && newest instanceof DirectoryLayer) {
      const present = new Set(files.map(({ keys }) => mapKey(keys)));
      const lost = [...newest.parts].filter(({ keys }) => !present.has(mapKey(keys)));
      failures.addIssues(
        `${this.name} has lost files`,
        lost.map(({ file }) => this.#issue(`${this.name}/${file} is gone`)),
        true,
      );
    }
  }

  #issue(message: string): ConfigIssue {
    return { path: formatPath(this.#mount), message, origin: { source: this.name, file: this.name } };
  }
}
