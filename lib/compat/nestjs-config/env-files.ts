import { existsSync, readFileSync } from 'node:fs';
import { ConfigEnvironmentError, ConfigSourceError } from '../../errors/config.errors.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { redactCredentials } from '../../secrets/secret-names.js';
import type { Layer } from '../../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import type { SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { tryExpandPathVariables } from '../../sources/content/expand-path-variables.js';
import { lenientDotenvFormat, parseDotenv } from '../../formats/dotenv.format.js';
import type { FileLoadContext } from '../../sources/file/file-reader.js';
import { FileSource } from '../../sources/file.source.js';
import type { PathIssue } from '../../validation/validator.interface.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import {
  assignableVariables,
  combineVariables,
  type CombinedVariables,
  type PredefinedEnv,
  type Variables,
} from './combine-variables.js';
import { envFilePaths, type EnvironmentOptions } from './environment-options.js';
import { EnvValidation, type ValidatedEnv } from './env-validation.js';

/** Variables of the env files of one `forRoot()`, combined and validated. */
export interface EnvFilesResult {
  /** The part of the configuration that they are. */
  readonly tree: Variables;
  /** Variables that are assigned to `process.env`. */
  readonly assigned: ReadonlyMap<string, string>;
}

/** The same, with the files themselves. */
export interface LoadedEnvFiles extends EnvFilesResult {
  /** Content of each file; an earlier one overrides a later one. */
  readonly contents: readonly Variables[];
  readonly layers: readonly Layer[];
  readonly locate: Layer['locate'];
}

/** The env files of one `forRoot()`, with its options for reading, expanding and validating them. */
export class EnvFiles {
  readonly validation: EnvValidation;
  readonly sources: readonly FileSource[];
  /** Last layer of each file: unchanged content is not parsed again. */
  readonly #last = new Map<FileSource, Layer>();

  constructor(readonly options: EnvironmentOptions) {
    this.validation = new EnvValidation(options);
    const format = options.parser === undefined ? lenientDotenvFormat : formatOf(options.parser);
    this.sources = envFilePaths(options).map(
      (path) => new FileSource(path, { optional: true, allowEmpty: true, imports: false, format }),
    );
  }

  /** @throws ConfigSourceError if a file cannot be read, or the variables of all files together are not valid */
  async load(context: SourceLoadContext, predefined: PredefinedEnv): Promise<LoadedEnvFiles> {
    const layers = await Promise.all(this.sources.map((source) => this.#load(source, context)));
    const contents = layers.map(({ tree }) => tree as Variables);
    const locate = locator(layers);
    const combined = combineVariables(contents, predefined, this.options, context.limits.maxFileSize);
    if (combined.problems.length > 0) {
      const found = combined.problems.map(({ key, message }) => ({ path: [key], message }));
      const { issues, revision } = locateIssues(found, locate, layers);
      throw new ConfigSourceError('Variables cannot be expanded', issues, { revision });
    }
    const validated = await this.validation.validate(combined.variables, combined.predefined);
    if (validated.issues !== undefined) {
      const { issues, revision } = locateIssues(validated.issues, locate, layers);
      const { message, cause } = validated;
      throw new ConfigEnvironmentError(message, issues, { revision, cause });
    }
    return { ...this.#resultOf(combined, validated.values, predefined), contents, layers, locate };
  }

  /**
   * Reads the same without a source, synchronously if the validation is. Returns undefined if something is wrong: `load`
   * will report it.
   */
  readNow(predefined: PredefinedEnv): EnvFilesResult | undefined | Promise<EnvFilesResult | undefined> {
    const contents = envFilePaths(this.options).map((path) => this.#readNow(path));
    const combined = combineVariables(contents, predefined, this.options, DEFAULT_CONTENT_LIMITS.maxFileSize);
    if (combined.problems.length > 0) return undefined;
    const resultOf = (validated: ValidatedEnv) =>
      validated.issues === undefined ? this.#resultOf(combined, validated.values, predefined) : undefined;
    const validated = this.validation.validate(combined.variables, combined.predefined);
    return validated instanceof Promise ? validated.then(resultOf) : resultOf(validated);
  }

  #resultOf(
    { variables, expanded, predefined: counting }: CombinedVariables,
    validated: Variables,
    predefined: PredefinedEnv,
  ): EnvFilesResult {
    const tree = this.validation.configurationOf(variables, validated, counting);
    return { tree, assigned: assignableVariables(tree, expanded, predefined, this.options) };
  }

  async #load(source: FileSource, context: SourceLoadContext): Promise<Layer> {
    const last = this.#last.get(source);
    const known = last === undefined ? [] : [last];
    const layer = await source.load({ ...context, known, conflicts: this.#conflicts(context) });
    this.#last.set(source, layer);
    return layer;
  }

  /** At boot, an unfinished merge is read as by `@nestjs/config`. A running app is better off with what it has. */
  #conflicts({ known }: SourceLoadContext): FileLoadContext['conflicts'] {
    if (this.options.parser !== undefined) return 'ignore';
    return known.length === 0 ? 'warn' : 'refuse';
  }

  #readNow(path: string): Variables {
    const { parser = parseDotenv } = this.options;
    const name = tryExpandPathVariables(path);
    try {
      return existsSync(name) ? (parser(readFileSync(name)) ?? {}) : {};
    } catch {
      return {}; // the first load reports the error
    }
  }
}

/** Creates a format from the option `parser`, which reads bytes and returns variables. */
function formatOf(parser: NonNullable<EnvironmentOptions['parser']>): ConfigFormat {
  return {
    name: 'env file',
    extensions: [],
    parse: (text) => ({ value: parser(Buffer.from(text)) }),
  };
}

type LocateInFiles = (path: readonly string[], part?: OriginPart) => ConfigOrigin | undefined;

/** Locates a variable in the first file that has it, which is the one that counts, else in the environment. */
function locator(layers: readonly Layer[]): LocateInFiles {
  return ([name = '', ...below], part) => {
    const layer = layers.find(({ tree }) => Object.hasOwn(tree, name));
    if (layer !== undefined) return layer.locate([name, ...below], part);
    const source = 'environment';
    return name === '' ? { source } : { source, variable: name };
  };
}

/** Adds the place to each issue, and a revision that differs from that of other failures. */
function locateIssues(found: readonly PathIssue[], locate: LocateInFiles, layers: readonly Layer[]) {
  const issues = found.map(({ path, message }): ConfigIssue => {
    const origin = locate(path);
    return { path: formatPath(path), message: redactCredentials(message), ...(origin && { origin }) };
  });
  return { issues, revision: JSON.stringify([issues, layers.map(({ hash }) => hash)]) };
}
