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
import type { NamedPipes } from './content/named-pipes.js';
import { AllowedVariables } from './content/allowed-variables.js';
import { isSecretPath } from '../secrets/secret-names.js';
import type { ConfigFormat } from '../formats/config-format.interface.js';
import { expandPathVariables } from './content/expand-path-variables.js';
import { boolean, literalOr, oneOf, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { formatOption } from './content/format-option.js';
import { FileLocation } from './file/file-location.js';
import { type FileLoadContext, FileReader, type FilesBefore } from './file/file-reader.js';
import { describeOtherSpelling } from './file/other-spelling.js';
import { ImportResolver, mayImport } from './imports/import-resolver.js';
import { type FileStamps, WatchedFiles } from './imports/watched-files.js';
import { inspectTree } from '../limits/inspect-tree.js';
import { pathBelowMount } from './contract/mount.js';
import { isUnfinishedContentAccepted } from './contract/accept-unfinished-content.js';
import { toReadError } from './content/read-error.js';
import type { OriginPart } from '../model/origin.interface.js';

/**
 * Options of `file()`.
 *
 * @publicApi
 */
export interface FileOptions {
  /** `true` to accept a missing file as an empty layer. Default `false`: it is an error. */
  readonly optional?: boolean;
  /** `true` to accept a file that is empty, blank, or has only comments. Default `false`: it is an error. */
  readonly allowEmpty?: boolean;
  /** Path below which the content is mounted, for example `llm` or `modules['npc']`. Default: the top level. */
  readonly mount?: string;
  /** Effect of content that cannot be read: reject the reload, or keep the last good layer. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /**
   * `true` to import the files that are named by `extends` at the top level, and by `$import` in any object. They must be
   * in the working directory or, if the file itself is outside of it, or it is `/`, in the directory of the file. `within`
   * sets another directory. Default `true`.
   */
  readonly imports?: boolean | { readonly within: string };
  /** Format, or its name, for example `yaml`. Default: by the extension of the file. */
  readonly format?: string | ConfigFormat;
}

/**
 * Reads configuration from one file: JSON, YAML, TOML, or any format that the app adds.
 *
 * @param path Relative to the working directory. It may contain environment variables. Errors show the path as written,
 * with the values of its variables.
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), file('config/${NODE_ENV:-development}.yaml'), file('config/local.yaml', { optional: true })]
 * ```
 *
 * @publicApi
 */
export function file(path: string, options: FileOptions = {}): ConfigSource {
  checkOptions(options, '', 'file()');
  return new FileSource(path, options);
}

const checkOptions = strictObject<FileOptions>({
  optional: boolean,
  allowEmpty: boolean,
  mount: string,
  onError: oneOf('reject', 'keep'),
  imports: literalOr([true, false], strictObject<{ within: string }>({ within: string }, ['within'])),
  format: formatOption,
});

/** Hash of a missing file. */
const MISSING = sha256('a missing file');

/** The variables in imports, if the file is not loaded by an app. */
const NO_READERS = new AllowedVariables({
  readers: () => [],
  secrets: { isSecret: isSecretPath, containsSecret: () => false },
});

const PIPE_WARNING = 'is a named pipe: it is read once, and changes are not followed';

export class FileSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  /** The path as written in the options, with forward slashes. */
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #location: FileLocation;
  /** Results of the last load, good or bad: a reload that waits for one file does not parse the others again. */
  #before: FilesBefore = { contents: new Map(), proofs: new Map() };
  /** Files of the last load, and of earlier ones if it failed before all imports were known. */
  #files: FileStamps = new Map();
  #watched: WatchedFiles | undefined;

  constructor(
    path: string,
    private readonly options: FileOptions,
    /** Allows a named pipe in place of the file. */
    private readonly pipes?: NamedPipes,
  ) {
    this.#location = new FileLocation(path, options.mount);
    this.name = this.#location.name;
    this.onError = options.onError ?? 'reject';
  }

  /** The absolute path that is read and watched. */
  get path(): string {
    return this.#location.path;
  }

  /**
   * Reads the file and its imports as they were at one moment. Unchanged content is not parsed again.
   *
   * @throws ConfigSourceError if the file cannot be read or is empty, ConfigParseError if its text is malformed.
   */
  async load(context: FileLoadContext): Promise<Layer> {
    const { name, pipes } = this;
    const { mount } = this.#location;
    const reader = new FileReader(name, mount, this.options.format, context, this.#before, pipes);
    try {
      return await this.#load(reader, context);
    } finally {
      // A load that nobody waits for any more must not replace what a later one knows.
      if (!context.signal.aborted) await this.#remember(reader);
    }
  }

  async #remember(reader: FileReader): Promise<void> {
    this.#before = { contents: reader.contents, proofs: reader.proofs };
    // The imports of a file with errors are unknown, so its previous imports are still watched.
    this.#files = new Map([...(reader.isComplete ? [] : this.#files), ...reader.stamps]);
    await this.#watched?.update(this.#files);
  }

  async watch(context: SourceWatchContext): Promise<WatchHandle> {
    const watched = new WatchedFiles(context);
    this.#watched = watched;
    const files = this.pipes?.has(this.path) ? new Map() : new Map([[this.path, undefined]]);
    await watched.update(this.#files.size > 0 ? this.#files : files);
    return { close: () => watched.close() };
  }

  async #load(reader: FileReader, context: SourceLoadContext): Promise<Layer> {
    let content: FileContent | UnusableContent;
    let isPipe: boolean;
    try {
      expandPathVariables(this.name);
      const opened = await reader.open(this.path, this.#location.file);
      ({ isPipe } = opened);
      const known = context.known.find((layer) => layer.hash === opened.hash);
      if (known !== undefined && Object.keys(known.tree).length > 0) {
        // A layer with the hash of the file itself has no imports.
        reader.isComplete = true;
        return known;
      }
      content = await opened.parse();
    } catch (error) {
      return this.#handleReadError(error, context);
    }
    if (!isContent(content)) {
      const { summary, issues, isTransient, hash: revision } = content;
      throw new ConfigParseError(summary, issues, { transient: isTransient && !context.final, revision });
    }
    if (content.isEmpty) return this.#handleEmpty(content, context, isPipe);
    if (this.options.imports !== false && mayImport(content))
      return this.#loadImports(reader, content, context);
    reader.isComplete = true;
    this.#requireKeys(content.value, content.hash, context);
    const { hash, value, bytes, warnings, stringsOnly } = content;
    return (
      context.known.find((layer) => layer.hash === hash) ?? {
        ...this.#location.layer(hash, value, content),
        warnings: isPipe ? [...warnings, this.#location.issue(PIPE_WARNING)] : warnings,
        stringsOnly,
        files: isPipe ? [] : [{ path: this.path, bytes }],
      }
    );
  }

  async #loadImports(reader: FileReader, first: FileContent, context: SourceLoadContext): Promise<Layer> {
    // The layer keeps these alive: not the whole context.
    const { limits, pathVariable = (name: string) => NO_READERS.forPath(name) } = context;
    const { imports: option } = this.options;
    const imports = new ImportResolver({
      mount: this.#location.mount,
      root: this.#location.importRoot(typeof option === 'object' ? option.within : undefined),
      limits,
      variable: pathVariable,
      readEarly: (path) => reader.readEarly(path),
      read: async (path, name) => (await reader.open(path, name)).parse(),
    });
    await reader.findUnchanged();
    const root = await imports.resolve(first, this.path);
    reader.isComplete = imports.issues.length === 0;
    const hashes = [...reader.contents].map(([path, { hash }]) => [path, hash]);
    const revision = sha256(JSON.stringify([hashes, imports.issues]));
    const locate = (path: readonly string[], part?: OriginPart) => imports.origins.locate(root, path, part);
    const problems = reader.isComplete ? inspectTree(root.value, limits).problems : [];
    const issues = [
      ...imports.issues,
      ...problems.map(({ path, message }) => ({
        path: formatPath([...this.#location.mount, ...path]),
        message: `with its imports, it ${message}`,
        origin: locate(path),
      })),
    ];
    const transient = !context.final && (imports.isTransient || !(await reader.isUnchanged()));
    if (issues.length > 0 || transient) {
      throw new ConfigSourceError(`${this.#location.file} cannot be used with its imports`, issues, {
        transient,
        revision,
      });
    }
    this.#requireKeys(root.value, revision, context);
    const { contents } = reader;
    return (
      context.known.find((layer) => layer.hash === revision) ?? {
        ...this.#location.layer(revision, root.value, {
          locate,
          textOf: (path) => imports.origins.textOf(root, path),
        }),
        shadowedAt: (path) => {
          const below = pathBelowMount(this.#location.mount, path);
          return below ? imports.origins.shadowedAt(root, below) : [];
        },
        warnings: [...contents.values()].flatMap((each) => ('warnings' in each ? each.warnings : [])),
        stringsOnly: (path) =>
          imports.origins.contentAt(root, pathBelowMount(this.#location.mount, path) ?? []).stringsOnly,
        files: [...contents].flatMap(([path, each]) =>
          'bytes' in each ? [{ path, bytes: each.bytes }] : [],
        ),
      }
    );
  }

  /** Handles a file that cannot be read. If `optional`, a missing file becomes an empty layer once it stays missing. */
  async #handleReadError(error: unknown, context: SourceLoadContext): Promise<Layer> {
    const { message, code, isMissing, isTransient } = toReadError(error);
    const other = code === 'ENOENT' ? await describeOtherSpelling(this.path) : undefined;
    const issue = this.#location.issue(other === undefined ? message : `does not exist, but ${other}`);
    if (isMissing && this.options.optional && isUnfinishedContentAccepted(MISSING, context)) {
      const hash = other === undefined ? MISSING : sha256(other);
      const known = context.known.find((layer) => layer.hash === hash);
      const layer = this.#location.layer(hash, undefined);
      return known ?? (other === undefined ? layer : { ...layer, warnings: [issue] });
    }
    throw new ConfigSourceError(`${this.#location.file} could not be read`, [issue], {
      transient: isTransient && !context.final,
      revision: code,
      cause: error,
    });
  }

  /** Handles a file without values, which may be a save in progress. */
  #handleEmpty(content: FileContent, context: SourceLoadContext, isPipe: boolean): Layer {
    if (this.options.allowEmpty && isUnfinishedContentAccepted(content.hash, context)) {
      const { hash, bytes, value } = content;
      return (
        context.known.find((layer) => layer.hash === hash) ?? {
          ...this.#location.layer(hash, value, content),
          warnings: isPipe ? [this.#location.issue(PIPE_WARNING)] : [],
          files: isPipe ? [] : [{ path: this.path, bytes }],
        }
      );
    }
    const message = 'is empty; restore its content, or allow this with { allowEmpty: true }';
    throw new ConfigSourceError(`${this.#location.file} is empty`, [this.#location.issue(message)], {
      transient: !context.final,
      revision: content.hash,
    });
  }

  /** Without a `mount`, content must have keys. A mapping that is cut off can look like a single value. */
  #requireKeys(value: unknown, hash: string, { final }: SourceLoadContext): void {
    if (this.#location.mount.length > 0 || isObjectBranch(value)) return;
    const kind = Array.isArray(value) ? 'a list' : 'a single value';
    const message = `must have keys at its top level, but is ${kind}; add keys, or set { mount: 'some.path' }`;
    throw new ConfigParseError(`${this.#location.file} cannot be used`, [this.#location.issue(message)], {
      transient: !final,
      revision: hash,
    });
  }
}
