import { ConfigOptionsError, ConfigSourceError } from '../errors/config.errors.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource, SourceLoadContext } from './contract/config-source.interface.js';
import { sha256 } from './content/parse-content.js';
import { lineEndWarnings } from './env/line-end-warnings.js';
import { type Variable, VariableTree } from './env/variable-tree.js';

/**
 * Options of `env()`.
 *
 * @publicApi
 */
export interface EnvOptions {
  /** Prefix of the variables to read, for example `APP_`. Case matters. Default: all variables are read. */
  readonly prefix?: string;
  /** Separator of the keys in a name. Default `__`: `APP_LLM__MODEL` is `llm.model`. */
  readonly separator?: string;
  /**
   * Conversion of a part of a name to a key: `snake_case` (`MAX_TOKENS` becomes `max_tokens`, the default), `camelCase`
   * (`maxTokens`), `as-is`, or a function.
   */
  readonly keys?: 'snake_case' | 'camelCase' | 'as-is' | ((part: string) => string);
  /** Name of the source in the status. Default: `env`, followed by the prefix if there is one. */
  readonly name?: string;
}

/**
 * Reads configuration from environment variables whose names are paths: `APP_LLM__MODEL` is `llm.model`.
 *
 * Values are strings; if the schema expects another type, the string is parsed (`8080`, `true`, JSON).
 * `APP_SERVERS__0__HOST` sets an element of a list. The environment is read at each reload, and is not watched.
 *
 * @throws ConfigOptionsError if the separator is empty.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), env({ prefix: 'APP_' })]
 * ```
 *
 * @publicApi
 */
export function env(options: EnvOptions = {}): ConfigSource {
  return new EnvSource(options, process.env);
}

export class EnvSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  readonly name: string;
  readonly #prefix: string;
  readonly #separator: string;
  readonly #keyOf: (part: string) => string;

  constructor(
    options: EnvOptions,
    private readonly variables: NodeJS.ProcessEnv,
  ) {
    this.#prefix = options.prefix ?? '';
    this.#separator = options.separator ?? '__';
    this.#keyOf = keyTransform(options.keys);
    this.name = options.name ?? (this.#prefix === '' ? 'env' : `env ${this.#prefix}*`);
    if (this.#separator === '')
      throw new ConfigOptionsError("env(): the separator must not be empty; leave it out for '__'");
  }

  /**
   * Reads the current variables.
   *
   * @throws ConfigSourceError if two variables set the same path, or one sets a path below another.
   */
  load({ known, limits }: SourceLoadContext): Promise<Layer> {
    const variables = this.#read();
    const hash = sha256(JSON.stringify(variables.map(({ name, value }) => [name, value])));
    const unchanged = known.find((layer) => layer.hash === hash);
    return unchanged ? Promise.resolve(unchanged) : this.#createLayer(variables, hash, limits.maxDepth);
  }

  /** Sorted by name, because a process has them in any order. */
  #read(): Variable[] {
    return Object.keys(this.variables)
      .filter((name) => name.startsWith(this.#prefix))
      .sort()
      .map((name) => ({ name, keys: this.#keysOf(name), value: this.variables[name]! }))
      .filter(({ keys }) => !keys.includes(''));
  }

  /** A name such as `__CF_USER_TEXT_ENCODING` has an empty part, so it is not a path. */
  #keysOf(name: string): string[] {
    return name.slice(this.#prefix.length).split(this.#separator).map(this.#keyOf);
  }

  async #createLayer(variables: readonly Variable[], hash: string, maxDepth: number): Promise<Layer> {
    const source = this.name;
    const variableTree = new VariableTree(source, variables, maxDepth);
    const { tree, issues } = variableTree;
    if (issues.length > 0) {
      throw new ConfigSourceError('The environment variables cannot be used', issues, { revision: hash });
    }
    return {
      source,
      tree,
      hash,
      revision: hash,
      stringsOnly: true,
      warnings: lineEndWarnings(source, variables),
      locate: (path) => {
        const variable = variableTree.variableAt(path);
        return variable === undefined ? { source } : { source, variable };
      },
    };
  }
}

/** Returns the function that converts parts of names to keys. */
function keyTransform(keys: EnvOptions['keys'] = 'snake_case'): (part: string) => string {
  if (typeof keys === 'function') return keys;
  if (keys === 'as-is') return (part) => part;
  if (keys === 'snake_case') return (part) => part.toLowerCase();
  return (part) =>
    part.toLowerCase().replace(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
