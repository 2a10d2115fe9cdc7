import { existsSync, readFileSync } from 'node:fs';
import { ConfigEnvironmentError, ConfigSourceError } from '../../errors/config.errors.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { EnvironmentOptions } from './environment-options.interface.js';
import { redactCredentials } from '../../secrets/secret-names.js';
import type { Layer } from '../../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import type { SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { tryExpandPathVariables } from '../../sources/content/expand-path-variables.js';
import { parseDotenv } from '../../formats/dotenv.format.js';
import { FileSource } from '../../sources/file.source.js';
import type { PathIssue } from '../../validation/validator.interface.js';
import type { CheckedVariables } from './environment-check.js';
import { envFilesOf } from './environment-options.js';
import { EnvironmentRules } from './environment-rules.js';
import { envFormat } from './env-format.js';
import {
  combineVariables,
  type CombinedVariables,
  type Given,
  placeable,
  type Variables,
} from './variables.js';

/** What one part says. */
export interface PartRead {
  readonly tree: Variables;
  /** What it puts into `process.env`. */
  readonly placed: ReadonlyMap<string, string>;
}

/** The same, with the files that it comes from. */
export interface PartLoaded extends PartRead {
  /** What each file said, the strongest first. */
  readonly said: readonly Variables[];
  readonly layers: readonly Layer[];
  readonly locate: Layer['locate'];
}

/** What one `forRoot()` says of the environment: its files, and what is to be true of them. */
export class EnvironmentPart {
  readonly rules: EnvironmentRules;
  readonly files: readonly FileSource[];
  /** What each file said last: content that is the same is not parsed again. */
  readonly #last = new Map<FileSource, Layer>();

  constructor(readonly options: EnvironmentOptions) {
    this.rules = new EnvironmentRules(options);
    const format = options.parser === undefined ? 'dotenv' : envFormat(options.parser);
    this.files = envFilesOf(options).map(
      (path) => new FileSource(path, { optional: true, allowEmpty: true, imports: false, format }),
    );
  }

  /** @throws ConfigSourceError where a file cannot be read, or what the files say together is not valid */
  async load(context: SourceLoadContext, given: Given): Promise<PartLoaded> {
    const layers = await Promise.all(this.files.map((each) => this.#read(each, context)));
    const said = layers.map(({ tree }) => tree as Variables);
    const locate = locator(layers);
    const combined = combineVariables(said, given, this.options, context.limits.maxFileSize);
    if (combined.problems.length > 0) {
      const found = combined.problems.map(({ key, message }) => ({ path: [key], message }));
      const { issues, revision } = placed(found, locate, layers);
      throw new ConfigSourceError('Variables cannot be expanded', issues, { revision });
    }
    const checked = await this.rules.check(combined.variables, combined.given);
    if (checked.issues !== undefined) {
      const { issues, revision } = placed(checked.issues, locate, layers);
      const { message, cause } = checked;
      throw new ConfigEnvironmentError(message, issues, { revision, cause });
    }
    return { ...this.#result(combined, checked.values, given), said, layers, locate };
  }

  /** The same, at once, unless a schema takes its time; undefined where something is wrong, which `load` will tell. */
  readNow(given: Given): PartRead | undefined | Promise<PartRead | undefined> {
    const said = envFilesOf(this.options).map((path) => this.#readNow(path));
    const combined = combineVariables(said, given, this.options, DEFAULT_CONTENT_LIMITS.maxFileSize);
    if (combined.problems.length > 0) return undefined;
    const read = (checked: CheckedVariables) =>
      checked.issues === undefined ? this.#result(combined, checked.values, given) : undefined;
    const checking = this.rules.check(combined.variables, combined.given);
    return checking instanceof Promise ? checking.then(read) : read(checking);
  }

  #result(combined: CombinedVariables, checked: Variables, given: Given): PartRead {
    const tree = this.rules.treeOf(combined.variables, checked, combined.given);
    return { tree, placed: placeable(tree, combined.expanded, given, this.options) };
  }

  async #read(each: FileSource, context: SourceLoadContext): Promise<Layer> {
    const last = this.#last.get(each);
    const layer = await each.load({ ...context, known: last === undefined ? [] : [last] });
    this.#last.set(each, layer);
    return layer;
  }

  #readNow(path: string): Variables {
    const { parser = parseDotenv } = this.options;
    const name = tryExpandPathVariables(path);
    try {
      return existsSync(name) ? (parser(readFileSync(name)) ?? {}) : {};
    } catch {
      return {}; // the first load says why
    }
  }
}

type LocateInFiles = (path: readonly string[], part?: OriginPart) => ConfigOrigin | undefined;

/** In the first file that says it, which is the one that counts; else it is the environment itself. */
function locator(layers: readonly Layer[]): LocateInFiles {
  return ([name = '', ...below], part) => {
    const said = layers.find((layer) => Object.hasOwn(layer.tree, name));
    if (said !== undefined) return said.locate([name, ...below], part);
    const source = 'environment';
    return name === '' ? { source } : { source, variable: name };
  };
}

/** The issues with their places, and what tells this failure from others. */
function placed(found: readonly PathIssue[], locate: LocateInFiles, layers: readonly Layer[]) {
  const issues = found.map(({ path, message }): ConfigIssue => {
    const origin = locate(path);
    return { path: formatPath(path), message: redactCredentials(message), ...(origin && { origin }) };
  });
  return { issues, revision: JSON.stringify([issues, layers.map(({ hash }) => hash)]) };
}
