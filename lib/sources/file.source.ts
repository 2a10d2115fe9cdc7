import { resolve } from 'node:path';
import type { ConfigIssue } from '../errors/config-issue.interface.js';
import { ConfigParseError, ConfigSourceError } from '../errors/config.errors.js';
import { isObjectBranch } from '../snapshot/branches.js';
import type { ConfigTree } from '../snapshot/config-tree.js';
import type { Layer } from '../snapshot/layer.interface.js';
import type { ConfigOrigin } from '../snapshot/origin.interface.js';
import { formatPath } from '../snapshot/paths.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import { chooseFormat } from './choose-format.js';
import type { ConfigSource, SourceLoadContext, SourceWatchContext } from './config-source.interface.js';
import { isContent, parseContent, sha256, type Content, type ContentFailure } from './content.js';
import type { ConfigFormat, LocatedPart } from './formats/config-format.interface.js';
import { FormatRegistry } from './formats/format-registry.js';
import { mounted, parseMount, pathBelow } from './mount.js';
import { mayBeTaken } from './newest.js';
import { readFailureOf } from './read-failure.js';
import { readWholeFile } from './read-file.js';

/**
 * Options of `file()`.
 *
 * @publicApi
 */
export interface FileOptions {
  /** Whether the file may be missing; it is an empty layer then. Default false: a missing file is an error. */
  readonly optional?: boolean;
  /** Whether the file may be empty, blank, or hold comments only. Default false: that is an error. */
  readonly allowEmpty?: boolean;
  /** The path below which the content hangs, for example `llm` or `modules['npc.dialogue']`. Default: none. */
  readonly mount?: string;
  /** Whether content that cannot be read rejects the reload, or keeps what was read before. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /** The format, or the name of one, for example `yaml`. Default: by the file's extension. */
  readonly format?: string | ConfigFormat;
}

/**
 * Configuration from one file: JSON, YAML, or any format the app adds.
 *
 * @param path As the app names it, relative to the working directory. Errors show it as it was written.
 * @throws ConfigOptionsError where `mount` is no path.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), file('config/local.yaml', { optional: true })]
 * ```
 *
 * @publicApi
 */
export function file(path: string, options: FileOptions = {}): FileSource {
  return new FileSource(path, options);
}

/** The revision of a file that is not there. */
const MISSING = sha256('a missing file');

/**
 * What `file()` makes.
 *
 * @publicApi
 */
export class FileSource implements ConfigSource {
  /** The path as the app wrote it, with forward slashes. */
  readonly name: string;
  /** The absolute path that is read and watched. */
  readonly path: string;
  readonly onError: 'reject' | 'keep';
  readonly #mount: readonly string[];
  /** What failed last: while a reload waits for the file to be written to its end, nothing is parsed twice. */
  #failure: ContentFailure | undefined;

  constructor(
    path: string,
    private readonly options: FileOptions,
  ) {
    this.name = path.replaceAll('\\', '/');
    this.path = resolve(path);
    this.onError = options.onError ?? 'reject';
    this.#mount = parseMount(options.mount, this.name);
  }

  /**
   * Reads the file as it stands at one moment. Content that is known is not parsed again.
   *
   * @throws ConfigSourceError where it cannot be read or is empty, ConfigParseError where its text is malformed.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    let bytes: Buffer;
    let format: ConfigFormat;
    try {
      format = chooseFormat(this.name, this.options.format, context.formats ?? new FormatRegistry());
      ({ bytes } = await readWholeFile(this.path, context.limits.maxFileSize));
    } catch (error) {
      return this.#unread(error, context);
    }
    const hash = sha256(bytes);
    const known = context.known.find((layer) => layer.hash === hash);
    if (known !== undefined && Object.keys(known.tree).length > 0) return known;
    const content = await this.#parse(bytes, hash, format, context);
    if (!isContent(content)) {
      throw new ConfigParseError(content.summary, content.issues, {
        transient: !context.final,
        revision: hash,
      });
    }
    if (content.isEmpty) return this.#empty(content, context);
    this.#requireKeys(content, context);
    return known ?? this.#layer(content);
  }

  watch(context: SourceWatchContext): WatchHandle | Promise<WatchHandle> {
    return context.files.watch({ path: this.path, kind: 'file' }, () => context.changed());
  }

  async #parse(bytes: Buffer, hash: string, format: ConfigFormat, { limits }: SourceLoadContext) {
    if (this.#failure?.hash === hash) return this.#failure;
    const place = { source: this.name, file: this.name, mount: this.#mount };
    const result = await parseContent(bytes, hash, format, place, limits);
    this.#failure = isContent(result) ? undefined : result;
    return result;
  }

  /** Nothing could be read. A missing file is an empty layer where it may be missing, once it stayed away. */
  #unread(error: unknown, context: SourceLoadContext): Layer {
    const failure = readFailureOf(error);
    if (failure.isMissing && this.options.optional && mayBeTaken(MISSING, context)) {
      const known = context.known.find((layer) => layer.hash === MISSING);
      return (
        known ?? { source: this.name, tree: {}, hash: MISSING, revision: MISSING, locate: () => this.#origin }
      );
    }
    throw new ConfigSourceError(`${this.name} could not be read`, [this.#issue(failure.message)], {
      transient: failure.mayPass && !context.final,
      revision: failure.code,
      cause: error,
    });
  }

  /** There is a file that says nothing: that is how a save in progress looks. */
  #empty(content: Content, context: SourceLoadContext): Layer {
    if (this.options.allowEmpty && mayBeTaken(content.hash, context)) {
      return context.known.find((layer) => layer.hash === content.hash) ?? this.#layer(content);
    }
    const message = 'is empty; restore its content, or allow that with { allowEmpty: true }';
    throw new ConfigSourceError(`${this.name} is empty`, [this.#issue(message)], {
      transient: !context.final,
      revision: content.hash,
    });
  }

  #layer(content: Content): Layer {
    const { hash, bytes, value, warnings, stringsOnly } = content;
    return {
      source: this.name,
      tree: this.#treeOf(value),
      hash,
      revision: hash,
      warnings,
      stringsOnly,
      files: [{ path: this.path, bytes }],
      locate: (path: readonly string[], part?: LocatedPart) => {
        const below = pathBelow(this.#mount, path);
        return below ? content.locate(below, part) : this.#origin;
      },
    };
  }

  #treeOf(value: unknown): ConfigTree {
    return value === undefined ? {} : mounted(this.#mount, value);
  }

  /** Content that has no place of its own must bring keys. The start of a mapping, cut off, can look like a value. */
  #requireKeys({ value, hash }: Content, { final }: SourceLoadContext): void {
    if (this.#mount.length > 0 || isObjectBranch(value)) return;
    const kind = Array.isArray(value) ? 'a list' : 'a single value';
    const message = `must hold keys and values at its top, not ${kind}; or give it a place with { mount: 'some.path' }`;
    throw new ConfigParseError(`${this.name} cannot be used`, [this.#issue(message)], {
      transient: !final,
      revision: hash,
    });
  }

  get #origin(): ConfigOrigin {
    return { source: this.name, file: this.name };
  }

  #issue(message: string): ConfigIssue {
    return { path: formatPath(this.#mount), message, origin: this.#origin };
  }
}
