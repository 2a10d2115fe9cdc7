import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigEnvironmentError, ConfigSourceError } from '../../errors/config.errors.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { Layer } from '../../model/layer.interface.js';
import type { Locate } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import type { SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { sha256 } from '../../sources/content/parse-content.js';
import { tryExpandPathVariables } from '../../sources/content/expand-path-variables.js';
import { lenientDotenvFormat, parseDotenv } from '../../formats/dotenv.format.js';
import type { ExpansionNote } from '../../sources/dotenv/expand-variables.js';
import type { FileLoadContext } from '../../sources/file/file-reader.js';
import { NamedPipes } from '../../sources/content/named-pipes.js';
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
import type { EnvironmentOfFiles } from './environment-of-files.js';
import { CopiedVariables } from './copied-variables.js';
import { EnvPrecedence } from './env-precedence.js';
import { EnvValidation, isValidated, type ValidatedEnv } from './env-validation.js';

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
  readonly precedence: EnvPrecedence;
  /** Variables that lose a part of their value. */
  readonly warnings: readonly ConfigIssue[];
}

/** The env files of one `forRoot()`, with its options for reading, expanding and validating them. */
export class EnvFiles {
  readonly validation: EnvValidation;
  readonly sources: readonly FileSource[];
  /** Last layer of each file: unchanged content is not parsed again. */
  readonly #last = new Map<FileSource, Layer>();
  readonly #copies = new CopiedVariables();
  readonly #pipes = new NamedPipes();
  #isStarted = false;

  constructor(readonly options: EnvironmentOptions) {
    this.validation = new EnvValidation(options);
    const format = options.parser === undefined ? lenientDotenvFormat : formatOf(options.parser);
    this.sources = envFilePaths(options).map(
      (path) =>
        new FileSource(path, { optional: true, allowEmpty: true, imports: false, format }, this.#pipes),
    );
  }

  /**
   * @param before what is in force
   * @throws ConfigSourceError if a file cannot be read, or the variables of all files together are not valid
   */
  async load(
    context: SourceLoadContext,
    environment: EnvironmentOfFiles,
    before: LoadedEnvFiles | undefined,
  ): Promise<LoadedEnvFiles> {
    const layers = await Promise.all(this.sources.map((source) => this.#load(source, context)));
    const contents = layers.map(({ tree }) => tree as Variables);
    const { maxFileSize } = context.limits;
    this.#decideCopies(contents, environment, maxFileSize);
    const combined = this.combine(contents, environment, maxFileSize);
    const precedence = this.#precedenceOf(combined, layers, environment, before?.precedence);
    const locate = precedence.locate.bind(precedence);
    if (combined.problems.length > 0) {
      const { issues, revision } = locateIssues(combined.problems.map(noteIssue), locate, layers);
      throw new ConfigSourceError('Variables cannot be expanded', issues, {
        revision,
        content: combined.variables,
      });
    }
    const warnings = locateIssues(combined.warnings.map(noteIssue), locate, layers).issues;
    const validated = await this.validation.validate(combined.variables, combined.predefined);
    if (validated.issues !== undefined) {
      const { issues, revision } = locateIssues(validated.issues, locate, layers);
      const { message, cause } = validated;
      const suspects = warningsAbout(issues, [
        ...layers.flatMap((layer) => layer.warnings ?? []),
        ...warnings,
      ]);
      const content = combined.variables;
      throw new ConfigEnvironmentError(message, [...issues, ...suspects], { revision, cause, content });
    }
    const { named } = precedence;
    const result = this.#resultOf(combined, validated.values, environment.predefined, named);
    return { ...result, contents, layers, precedence, warnings };
  }

  /**
   * Reads the same without a source, synchronously if the validation is. Returns undefined if something is wrong: `load`
   * will report it.
   */
  readNow(environment: EnvironmentOfFiles): EnvFilesResult | undefined | Promise<EnvFilesResult | undefined> {
    const contents = envFilePaths(this.options).map((path) => this.#readNow(path));
    const { maxFileSize } = DEFAULT_CONTENT_LIMITS;
    this.#decideCopies(contents, environment, maxFileSize);
    const combined = this.combine(contents, environment, maxFileSize);
    if (combined.problems.length > 0) return undefined;
    const named = new Set(contents.flatMap((content) => Object.keys(content)));
    const resultOf = (validated: ValidatedEnv) =>
      validated.issues === undefined
        ? this.#resultOf(combined, validated.values, environment.predefined, named)
        : undefined;
    const validated = this.validation.validate(combined.variables, combined.predefined);
    return validated instanceof Promise ? validated.then(resultOf) : resultOf(validated);
  }

  /** Combines the files with the environment, in which copies of them are up to date. */
  combine(
    contents: readonly Variables[],
    { predefined, taken }: EnvironmentOfFiles,
    maxLength: number,
  ): CombinedVariables {
    const copied = this.#copies.linesOf(contents, predefined, taken);
    return combineVariables(contents, predefined, this.options, maxLength, copied);
  }

  /** Called when the first version is in force: which variables are copies was decided at boot. */
  started(): void {
    this.#isStarted = true;
  }

  #decideCopies(contents: readonly Variables[], environment: EnvironmentOfFiles, maxLength: number): void {
    if (this.#isStarted || this.options.override) return;
    const { predefined } = environment;
    this.#copies.decide(contents, predefined, {
      ...environment,
      mayBeConverted: isValidated(this.options),
      expand: this.options.expandVariables
        ? (lines) => combineVariables(contents, predefined, this.options, maxLength, lines).variables
        : undefined,
    });
  }

  #resultOf(
    { variables, replaced, predefined: counting }: CombinedVariables,
    validated: Variables,
    predefined: PredefinedEnv,
    named: ReadonlySet<string>,
  ): EnvFilesResult {
    const tree = this.validation.configurationOf(variables, validated, counting, named);
    return { tree, assigned: assignableVariables(tree, replaced, predefined, this.options) };
  }

  #precedenceOf(
    combined: CombinedVariables,
    layers: readonly Layer[],
    environment: EnvironmentOfFiles,
    before: EnvPrecedence | undefined,
  ): EnvPrecedence {
    const { options } = this;
    const { readsFiles } = this.validation;
    const isCopy = (name: string) => this.#copies.has(name, environment.predefined);
    return new EnvPrecedence({ ...combined, layers, environment, options, isCopy, readsFiles }, before);
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
      if (!existsSync(name)) return {};
      const piped = this.#pipes.readNow(resolve(name), DEFAULT_CONTENT_LIMITS.maxFileSize);
      return parser(piped ?? readFileSync(name)) ?? {};
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

function noteIssue({ key, message }: ExpansionNote): PathIssue {
  return { path: [key], message };
}

/**
 * Returns the warnings about the lines of refused variables: a quote that is never closed is a part of the value. A variable
 * that has no line may be part of another one, so then all warnings.
 */
function warningsAbout(issues: readonly ConfigIssue[], warnings: readonly ConfigIssue[]): ConfigIssue[] {
  if (issues.some(({ path, origin }) => path !== '' && origin?.line === undefined)) return [...warnings];
  const lines = new Set(issues.map(lineOf));
  return warnings.filter((warning) => warning.origin?.line !== undefined && lines.has(lineOf(warning)));
}

function lineOf({ origin }: ConfigIssue): string {
  return `${origin?.file}:${origin?.line}`;
}

/** Adds the place to each issue, and a revision that differs from that of other failures. */
function locateIssues(found: readonly PathIssue[], locate: Locate, layers: readonly Layer[]) {
  const issues = found.map(({ path, message }): ConfigIssue => {
    const origin = locate(path);
    return { path: formatPath(path), message, ...(origin && { origin }) };
  });
  return { issues, revision: sha256(JSON.stringify([issues, layers.map(({ hash }) => hash)])) };
}
