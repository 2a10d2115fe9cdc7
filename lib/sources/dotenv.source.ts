import { ConfigSourceError } from '../errors/config.errors.js';
import type { ConfigTree } from '../model/config-tree.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from './contract/config-source.interface.js';
import { boolean, oneOf } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { sha256 } from './content/parse-content.js';
import { type ExpansionNote, expandVariables } from './dotenv/expand-variables.js';
import { NamedPipes } from './content/named-pipes.js';
import { FileSource } from './file.source.js';

/**
 * Options of `dotenv()`.
 *
 * @publicApi
 */
export interface DotenvOptions {
  /** `true` to accept a missing file as an empty layer. Default `true`. */
  readonly optional?: boolean;
  /**
   * `true` to replace `$NAME`, `${NAME}` and `${NAME:-default}` by variables of the environment or of the lines above.
   * Default `false`.
   */
  readonly expand?: boolean;
  /** Effect of content that cannot be read: reject the reload, or keep the last good layer. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
}

/**
 * Reads configuration from a file of `KEY=value` lines. Keys stay unchanged. Values are strings; if the schema expects
 * another type, the string is parsed. `process.env` is not changed. A named pipe in place of the file, as 1Password makes
 * one, is read once and not watched.
 *
 * @param path Relative to the working directory. Default `.env`.
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * sources: [dotenv('.env', { expand: true }), dotenv('.env.local')]
 * ```
 *
 * @publicApi
 */
export function dotenv(path = '.env', options: DotenvOptions = {}): ConfigSource {
  checkOptions(options, '', 'dotenv()');
  return new DotenvSource(path, options, process.env);
}

const checkOptions = strictObject<DotenvOptions>({
  optional: boolean,
  expand: boolean,
  onError: oneOf('reject', 'keep'),
});

export class DotenvSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #file: FileSource;

  constructor(
    path: string,
    private readonly options: DotenvOptions,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    const { optional = true, onError = 'reject' } = options;
    const reading = { optional, onError, allowEmpty: true, format: 'dotenv', imports: false };
    this.#file = new FileSource(path, reading, new NamedPipes());
    this.name = this.#file.name;
    this.onError = onError;
  }

  /**
   * Reads the whole file once.
   *
   * @throws ConfigSourceError if the file cannot be read, or a variable cannot be expanded.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    const layer = await this.#file.load(context);
    if (!this.options.expand || Object.keys(layer.tree).length === 0) return layer;
    return this.#expand(layer, context);
  }

  watch(context: SourceWatchContext): WatchHandle | Promise<WatchHandle> {
    return this.#file.watch(context);
  }

  /**
   * Hashes the expanded values, because they depend on the environment too. A `$` in a value of the environment stays: the
   * value is not expanded again.
   */
  #expand(layer: Layer, { known, limits }: SourceLoadContext): Layer {
    const variables = layer.tree as Record<string, string>;
    const expanded = expandVariables(variables, this.environment, limits.maxFileSize, {}, 'verbatim');
    const { values, problems } = expanded;
    const hash = sha256(JSON.stringify([layer.hash, values]));
    if (problems.length > 0) {
      const issues = problems.map((problem) => locateNote(problem, layer));
      throw new ConfigSourceError(`${this.name} cannot be expanded`, issues, { revision: hash });
    }
    const tree: ConfigTree = values;
    const warnings = [
      ...(layer.warnings ?? []),
      ...expanded.warnings.map((warning) => locateNote(warning, layer)),
    ];
    return known.find((before) => before.hash === hash) ?? { ...layer, tree, hash, revision: hash, warnings };
  }
}

function locateNote({ key, message }: ExpansionNote, layer: Layer): ConfigIssue {
  const origin = layer.locate([key]);
  return { path: formatPath([key]), message, ...(origin && { origin }) };
}
