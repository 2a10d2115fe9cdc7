import { ConfigOptionsError, ConfigSourceError } from '../errors/config.errors.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin } from '../model/origin.interface.js';
import { arrayOf, custom, isFunction, isString, literalOr, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { redactCredentials } from '../secrets/credentials.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from './contract/config-source.interface.js';
import type { VariableReader } from './content/allowed-variables.js';
import { sha256 } from './content/parse-content.js';
import { lineEndWarnings } from './env/line-end-warnings.js';
import { areUnchanged, FILE_ENDING, type NamedFile, readNamedFiles } from './env/named-files.js';
import { serviceLinkHint, serviceLinks } from './env/service-links.js';
import { type Variable, VariableTree } from './env/variable-tree.js';
import { type FileStamps, WatchedFiles } from './imports/watched-files.js';

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
  /**
   * Variables whose value may be in a file (Docker secrets): `APP_DB__PASSWORD_FILE=/run/secrets/db` sets `db.password` to
   * the content of that file, without the newline at its end. `true` for all variables that end in `_FILE`, or a list of
   * names without the ending: `['APP_DB__PASSWORD']`. The files are watched, and their values are secret. Default `false`.
   */
  readonly files?: boolean | readonly string[];
  /** Name of the source in the status. Default: `env`, followed by the prefix if there is one. */
  readonly name?: string;
}

/**
 * Reads configuration from environment variables whose names are paths: `APP_LLM__MODEL` is `llm.model`.
 *
 * Values are strings; if the schema expects another type, the string is parsed (`8080`, `true`, JSON).
 * `APP_SERVERS__0__HOST` sets an element of a list. The environment is read at each reload, and is not watched; the files
 * that variables name, with `files`, are.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid: an empty separator, a name in `files` without the prefix.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), env({ prefix: 'APP_' })]
 * ```
 *
 * @publicApi
 */
export function env(options: EnvOptions = {}): ConfigSource {
  checkOptions(options, '', 'env()');
  return new EnvSource(options, process.env);
}

const KEYS: readonly string[] = ['snake_case', 'camelCase', 'as-is'];

const checkOptions = strictObject<EnvOptions>({
  prefix: string,
  separator: string,
  keys: custom(
    `${KEYS.map((each) => `"${each}"`).join(', ')} or a function`,
    (value) => KEYS.includes(value as string) || isFunction(value),
  ),
  files: literalOr([true, false], arrayOf('names of variables', isString)),
  name: string,
});

export class EnvSource implements ConfigSource, VariableReader {
  readonly [CHECKS_ITS_KEYS] = this;
  readonly name: string;
  /** Without a prefix, there are all variables of the process. */
  readonly unknownKeys?: 'allow';
  /** Only with the option `files`: the environment itself cannot be watched. */
  readonly watch?: (context: SourceWatchContext) => Promise<WatchHandle>;
  readonly prefix: string;
  readonly #separator: string;
  readonly #keyOf: (part: string) => string;
  readonly #mayBeInFile: (name: string) => boolean;
  /** Base of relative paths, even if the process changes its working directory later. */
  readonly #home = process.cwd();
  /** The files of the last load. */
  #files: FileStamps = new Map();
  #watched: WatchedFiles | undefined;

  constructor(
    options: EnvOptions,
    private readonly variables: NodeJS.ProcessEnv,
  ) {
    const { prefix = '', separator = '__', files = false } = options;
    this.prefix = prefix;
    this.#separator = separator;
    if (prefix === '') this.unknownKeys = 'allow';
    this.#keyOf = keyTransform(options.keys);
    this.name = options.name ?? (prefix === '' ? 'env' : `env ${prefix}*`);
    if (separator === '')
      throw new ConfigOptionsError("env(): the separator must not be empty; leave it out for '__'");
    this.#mayBeInFile = fileSelector(files, prefix);
    if (files !== false) this.watch = (context) => this.#watch(context);
  }

  /**
   * Reads the current variables, and the files that they name.
   *
   * @throws ConfigSourceError if two variables set the same path, or one sets a path below another, or a file cannot be
   * read.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    const { known, limits, final, signal } = context;
    const { plain, named } = this.#read();
    const files = await readNamedFiles(this.name, this.#home, named, limits, signal);
    this.#files = files.stamps;
    await this.#watched?.update(files.stamps);
    const variables = [...plain, ...files.variables];
    const hash = sha256(JSON.stringify(variables.map(({ name, value, file }) => [name, value, file])));
    if (files.issues.length === 0) {
      if (!final && !(await areUnchanged(files.stamps))) throw this.#failure([], hash, true);
      const unchanged = known.find((layer) => layer.hash === hash);
      if (unchanged) return unchanged;
    }
    // A variable whose file cannot be read may be in conflict with another one all the same.
    const variableTree = new VariableTree(this.name, variables, limits.maxDepth);
    const { tree, issues: conflicts } = variableTree;
    const issues = [...files.issues, ...conflicts];
    if (issues.length === 0) return this.#createLayer(tree, variableTree, variables, hash);
    const isTransient = files.isTransient && conflicts.length === 0 && !final;
    throw this.#failure(issues, sha256(JSON.stringify([hash, issues])), isTransient);
  }

  async #watch(context: SourceWatchContext): Promise<WatchHandle> {
    const watched = (this.#watched = new WatchedFiles(context));
    await watched.update(this.#files);
    return { close: () => watched.close() };
  }

  /** Sorted by name, because a process has them in any order. */
  #read() {
    const plain: Variable[] = [];
    const named: NamedFile[] = [];
    const names = Object.keys(this.variables).filter((name) => name.startsWith(this.prefix));
    for (const name of names.sort()) {
      const value = this.variables[name]!;
      const target = this.#mayBeInFile(name) ? name.slice(0, -FILE_ENDING.length) : undefined;
      const keys = this.keysOf(target ?? name);
      if (keys.includes('')) continue;
      if (target === undefined) plain.push({ name, keys, value });
      else named.push({ name, keys, file: value });
    }
    return { plain, named };
  }

  /** A name such as `__CF_USER_TEXT_ENCODING` has an empty part, so it is not a path. */
  keysOf(name: string): string[] {
    return name.slice(this.prefix.length).split(this.#separator).map(this.#keyOf);
  }

  #createLayer(
    tree: ConfigTree,
    variableTree: VariableTree,
    variables: readonly Variable[],
    hash: string,
  ): Layer {
    const source = this.name;
    const links = serviceLinks(this.variables);
    return {
      source,
      tree,
      hash,
      revision: hash,
      warnings: [
        ...this.#linkWarnings(variables.filter(({ name }) => links.has(name))),
        ...lineEndWarnings(source, variables),
      ],
      stringsOnly: true,
      secretPaths: variables.flatMap(({ keys, file }) => (file === undefined ? [] : [keys])),
      locate: (path) => {
        const variable = variableTree.variableAt(path);
        return variable === undefined ? { source } : originOf(source, variable, links);
      },
    };
  }

  /** Without a prefix the app reads everything, also what every pod has: `KUBERNETES_SERVICE_HOST`. */
  #linkWarnings(links: readonly Variable[]): ConfigIssue[] {
    const [first, ...others] = links;
    if (first === undefined || this.prefix === '') return [];
    const names = others.map(({ name }) => name).join(', ');
    const also = others.length === 0 ? '' : `; so do ${names}`;
    const origin = { source: this.name, variable: first.name };
    return [{ path: '', message: `${serviceLinkHint(first.name)}${also}`, origin }];
  }

  #failure(issues: readonly ConfigIssue[], revision: string, transient: boolean): ConfigSourceError {
    const message = 'The environment variables cannot be used';
    return new ConfigSourceError(message, issues, { revision, transient });
  }
}

function originOf(source: string, { name, file }: Variable, links: ReadonlySet<string>): ConfigOrigin {
  return {
    source,
    variable: name,
    ...(file !== undefined && { file: redactCredentials(file) }),
    ...(links.has(name) && { hint: serviceLinkHint(name) }),
  };
}

/** Returns the function that decides which variables name a file. */
function fileSelector(files: boolean | readonly string[], prefix: string): (name: string) => boolean {
  if (files === false) return () => false;
  if (files !== true) {
    const foreign = files.find((name) => !name.startsWith(prefix) || name.endsWith(FILE_ENDING));
    if (foreign !== undefined) {
      const advice = `name variables with their prefix '${prefix}' and without '${FILE_ENDING}'`;
      throw new ConfigOptionsError(`env(): the option "files" has '${foreign}'; ${advice}`);
    }
    const names = new Set(files.map((name) => `${name}${FILE_ENDING}`));
    return (name) => names.has(name);
  }
  // `APP_FILE` and `APP_LOG__FILE` are keys called `file`.
  return (name) => {
    const target = name.endsWith(FILE_ENDING) ? name.slice(prefix.length, -FILE_ENDING.length) : '';
    return target !== '' && !target.endsWith('_');
  };
}

/** Returns the function that converts parts of names to keys. */
function keyTransform(keys: EnvOptions['keys'] = 'snake_case'): (part: string) => string {
  if (typeof keys === 'function') return keys;
  if (keys === 'as-is') return (part) => part;
  if (keys === 'snake_case') return (part) => part.toLowerCase();
  return (part) =>
    part.toLowerCase().replace(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
