import { ConfigParseError, ConfigSourceError } from '../errors/config.errors.js';
import { isObjectBranch } from '../util/branches.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from './contract/config-source.interface.js';
import { isContent, sha256, type FileContent, type UnusableContent } from './content/parse-content.js';
import { expandPathVariables, isUnset } from './content/expand-path-variables.js';
import type { FileOptions } from './file/file-options.js';
import { FileLocation } from './file/file-location.js';
import { FileReader } from './file/file-reader.js';
import { ImportResolver, mayImport } from './imports/import-resolver.js';
import { type FileStamps, WatchedFiles } from './imports/watched-files.js';
import { inspectTree } from '../limits/inspect-tree.js';
import { pathBelowMount } from './contract/mount.js';
import { isUnfinishedContentAccepted } from './contract/accept-unfinished-content.js';
import { toReadError } from './content/read-error.js';
import type { OriginPart } from '../model/origin.interface.js';

/**
 * Configuration from one file: JSON, YAML, or any format the app adds.
 *
 * @param path As the app names it, relative to the working directory; it may hold environment variables. Errors show it
 * as it was written, with their values.
 * @throws ConfigOptionsError where `mount` is no path.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), file('config/${NODE_ENV:-development}.yaml'), file('config/local.yaml', { optional: true })]
 * ```
 *
 * @publicApi
 */
export function file(path: string, options: FileOptions = {}): ConfigSource {
  return new FileSource(path, options);
}

/** The revision of a file that is not there. */
const MISSING = sha256('a missing file');

/** What `file()` makes. */
export class FileSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = true;
  /** The path as the app wrote it, with forward slashes. */
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #place: FileLocation;
  /** What the files of the last load said, good or bad: while a reload waits for one of them, nothing is parsed twice. */
  #contents = new Map<string, FileContent | UnusableContent>();
  /** The files of the last load, and of those before it where that failed early. */
  #files: FileStamps = new Map();
  #watched: WatchedFiles | undefined;

  constructor(
    path: string,
    private readonly options: FileOptions,
  ) {
    this.#place = new FileLocation(path, options.mount);
    this.name = this.#place.name;
    this.onError = options.onError ?? 'reject';
  }

  /** The absolute path that is read and watched. */
  get path(): string {
    return this.#place.path;
  }

  /**
   * Reads the file, and all that it imports, as they stand together at one moment. FileContent that is known is not parsed
   * again.
   *
   * @throws ConfigSourceError where it cannot be read or is empty, ConfigParseError where its text is malformed.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    const reader = new FileReader(this.name, this.#place.mount, this.options.format, context, this.#contents);
    try {
      return await this.#load(reader, context);
    } finally {
      this.#contents = reader.contents;
      // What a bad file imports is not known: what was watched for it is watched on.
      this.#files = new Map([...(reader.isWhole ? [] : this.#files), ...reader.stamps]);
      await this.#watched?.follow(this.#files);
    }
  }

  async watch(context: SourceWatchContext): Promise<WatchHandle> {
    const watched = new WatchedFiles(context);
    this.#watched = watched;
    await watched.follow(this.#files.size > 0 ? this.#files : new Map([[this.path, undefined]]));
    return { close: () => watched.close() };
  }

  async #load(reader: FileReader, context: SourceLoadContext): Promise<Layer> {
    let content: FileContent | UnusableContent;
    try {
      expandPathVariables(this.name);
      const opened = await reader.open(this.path, this.#place.file);
      const known = context.known.find((layer) => layer.hash === opened.hash);
      if (known !== undefined && Object.keys(known.tree).length > 0) {
        // With its own hash, it imports nothing.
        reader.isWhole = true;
        return known;
      }
      content = await opened.parse();
    } catch (error) {
      return this.#unread(error, context);
    }
    if (!isContent(content)) {
      throw new ConfigParseError(content.summary, content.issues, {
        transient: content.isTransient && !context.final,
        revision: content.hash,
      });
    }
    if (content.isEmpty) return this.#empty(content, context);
    if (this.options.imports !== false && mayImport(content))
      return this.#loadImports(reader, content, context);
    reader.isWhole = true;
    this.#requireKeys(content.value, content.hash, context);
    const { hash, value, bytes, warnings, stringsOnly } = content;
    return (
      context.known.find((layer) => layer.hash === hash) ?? {
        ...this.#place.layer(hash, value, (path, part) => content.locate(path, part)),
        warnings,
        stringsOnly,
        files: [{ path: this.path, bytes }],
      }
    );
  }

  async #loadImports(reader: FileReader, first: FileContent, context: SourceLoadContext): Promise<Layer> {
    const { limits } = context;
    const imports = new ImportResolver({
      mount: this.#place.mount,
      within: this.#place.importsWithin(this.options.imports),
      maxKeys: limits.maxKeys,
      maxImports: limits.maxImports,
      read: (path, file) => reader.read(path, file),
    });
    const root = await imports.resolve(first, this.path);
    reader.isWhole = imports.issues.length === 0;
    const revision = sha256(JSON.stringify([reader.revisions, imports.issues]));
    const locate = (path: readonly string[], part?: OriginPart) =>
      imports.origins.locate(root, path, part);
    const problems = reader.isWhole ? inspectTree(root.value, limits).problems : [];
    const issues = [
      ...imports.issues,
      ...problems.map(({ path, message }) => ({
        path: formatPath([...this.#place.mount, ...path]),
        message: `what it imports ${message}`,
        origin: locate(path),
      })),
    ];
    const transient = !context.final && (imports.isTransient || !(await reader.isUnchanged()));
    if (issues.length > 0 || transient) {
      throw new ConfigSourceError(`${this.#place.file} cannot be used with what it imports`, issues, {
        transient,
        revision,
      });
    }
    this.#requireKeys(root.value, revision, context);
    const { contents } = reader;
    return (
      context.known.find((layer) => layer.hash === revision) ?? {
        ...this.#place.layer(revision, root.value, locate),
        warnings: [...contents.values()].flatMap((each) => ('warnings' in each ? each.warnings : [])),
        stringsOnly: (path) =>
          imports.origins.contentAt(root, pathBelowMount(this.#place.mount, path) ?? []).stringsOnly,
        files: [...contents].flatMap(([path, each]) =>
          'bytes' in each ? [{ path, bytes: each.bytes }] : [],
        ),
      }
    );
  }

  /** Nothing could be read. A missing file is an empty layer where it may be missing, once it stayed away. */
  #unread(error: unknown, context: SourceLoadContext): Layer {
    const failure = toReadError(error);
    if ((failure.isMissing || isUnset(failure)) && this.options.optional && isUnfinishedContentAccepted(MISSING, context)) {
      const known = context.known.find((layer) => layer.hash === MISSING);
      return (
        known ?? {
          source: this.name,
          tree: {},
          hash: MISSING,
          revision: MISSING,
          locate: () => this.#place.origin,
        }
      );
    }
    throw new ConfigSourceError(
      `${this.#place.file} could not be read`,
      [this.#place.issue(failure.message)],
      {
        transient: failure.isTransient && !context.final,
        revision: failure.code,
        cause: error,
      },
    );
  }

  /** There is a file that says nothing: that is how a save in progress looks. */
  #empty(content: FileContent, context: SourceLoadContext): Layer {
    if (this.options.allowEmpty && isUnfinishedContentAccepted(content.hash, context)) {
      const { hash, bytes, value } = content;
      return (
        context.known.find((layer) => layer.hash === hash) ?? {
          ...this.#place.layer(hash, value, (path, part) => content.locate(path, part)),
          files: [{ path: this.path, bytes }],
        }
      );
    }
    const message = 'is empty; restore its content, or allow that with { allowEmpty: true }';
    throw new ConfigSourceError(`${this.#place.file} is empty`, [this.#place.issue(message)], {
      transient: !context.final,
      revision: content.hash,
    });
  }

  /** FileContent that has no place of its own must bring keys. The start of a mapping, cut off, can look like a value. */
  #requireKeys(value: unknown, hash: string, { final }: SourceLoadContext): void {
    if (this.#place.mount.length > 0 || isObjectBranch(value)) return;
    const kind = Array.isArray(value) ? 'a list' : 'a single value';
    const message = `must hold keys and values at its top, not ${kind}; or give it a place with { mount: 'some.path' }`;
    throw new ConfigParseError(`${this.#place.file} cannot be used`, [this.#place.issue(message)], {
      transient: !final,
      revision: hash,
    });
  }
}
