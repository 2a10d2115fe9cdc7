import { ConfigOptionsError, ConfigSourceError } from '../errors/config.errors.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource, SourceLoadContext } from './contract/config-source.interface.js';
import { sha256 } from './content/parse-content.js';
import { type EnvOptions, keyTransform } from './env/env-options.js';
import { type Variable, VariableTree } from './env/variable-tree.js';

/**
 * Configuration from environment variables whose names are paths: `APP_LLM__MODEL` is `llm.model`.
 *
 * Values are strings; where the schema wants something else, it is given what the string says (`8080`, `true`, JSON).
 * `APP_SERVERS__0__HOST` is an element of a list. The environment is read at each reload; nothing tells of a change.
 *
 * @throws ConfigOptionsError where the separator is empty
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

/** What `env()` makes. */
export class EnvSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = true;
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
   * Reads the variables as they are now.
   *
   * @throws ConfigSourceError where two of them say the same path, or one a path within what another says
   */
  load({ known, limits }: SourceLoadContext): Promise<Layer> {
    const variables = this.#read();
    const hash = sha256(JSON.stringify(variables.map(({ name, value }) => [name, value])));
    const same = known.find((layer) => layer.hash === hash);
    return same === undefined ? this.#make(variables, hash, limits.maxDepth) : Promise.resolve(same);
  }

  /** In the order of their names: a process has them in any. */
  #read(): Variable[] {
    return Object.keys(this.variables)
      .filter((name) => name.startsWith(this.#prefix))
      .sort()
      .map((name) => ({ name, keys: this.#keysOf(name), value: this.variables[name]! }))
      .filter(({ keys }) => !keys.includes(''));
  }

  /** A name such as `__CF_USER_TEXT_ENCODING` has an empty part: it is no path. */
  #keysOf(name: string): string[] {
    return name.slice(this.#prefix.length).split(this.#separator).map(this.#keyOf);
  }

  async #make(variables: readonly Variable[], hash: string, maxDepth: number): Promise<Layer> {
    const source = this.name;
    const said = new VariableTree(source, variables, maxDepth);
    const { tree } = said;
    if (said.issues.length > 0) {
      throw new ConfigSourceError('The environment cannot be used', said.issues, { revision: hash });
    }
    return {
      source,
      tree,
      hash,
      revision: hash,
      stringsOnly: true,
      locate: (path) => {
        const variable = said.variableAt(path);
        return variable === undefined ? { source } : { source, variable };
      },
    };
  }
}
