import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import type { EnvironmentOptions } from '../interfaces/environment-options.interface.js';
import type { Layer } from '../snapshot/layer.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../sources/content-limits.js';
import { tryExpandName } from '../sources/expand-name.js';
import { isChecked } from './environment-check.js';
import { envFilesOf } from './environment-options.js';
import { EnvironmentRules } from './environment-rules.js';
import { EnvironmentSource, type MadeOf } from './environment.source.js';
import { ProcessEnvironment } from './process-environment.js';
import { combineVariables, placeable, type Variables } from './variables.js';

/** The name of the source of overrides. */
const OVERRIDES = 'overrides';

/**
 * The environment as a part of the configuration, the way `@nestjs/config` has it: files of variables, what is to be
 * true of them, and `process.env`, which follows them.
 */
export class Environment {
  readonly process = new ProcessEnvironment();
  readonly source: EnvironmentSource;
  readonly #rules: EnvironmentRules;
  /** Variables of the process that were read, where they are to stay as they were. */
  readonly #cache = new Map<string, string>();
  /** The names that only files say, where they are not to be read. */
  #hidden: ReadonlySet<string> | undefined;

  /** What is in force, as the source says it. */
  #inForce: Readonly<Variables> = {};
  #madeOf: MadeOf = { files: [], expanded: {} };
  /** What was written, and no reload has judged yet. */
  readonly #unjudged = new Map<string, unknown>();
  /** What refers to them, until the files have been read with them. */
  readonly #followers = new Map<string, string>();

  constructor(readonly options: EnvironmentOptions) {
    this.#rules = new EnvironmentRules(options);
    this.source = new EnvironmentSource(this.#rules, this.process);
  }

  /**
   * Reads the files, and places what they say, before there is an app: the modules it is made of may read `process.env`.
   * At once, unless a schema takes its time. What is wrong is told by the first load, which reads it all again.
   */
  async begin(): Promise<void> {
    const files = envFilesOf(this.options).map((path) => this.#readNow(path));
    const { maxFileSize } = DEFAULT_CONTENT_LIMITS;
    const combined = combineVariables(files, this.process.given(), this.options, maxFileSize);
    const { variables, given, expanded } = combined;
    if (combined.problems.length > 0) return;
    const checking = this.#rules.check(variables, given);
    const checked = checking instanceof Promise ? await checking : checking;
    if (checked.issues !== undefined) return;
    this.#place(this.#rules.treeOf(variables, checked.values, given), expanded);
  }

  /** What stands in the process's environment where configuration says nothing. */
  variable(name: string): string | undefined {
    const { cache, skipProcessEnv } = this.options;
    if (skipProcessEnv && !this.#rules.handsOnEnvironment) return undefined;
    if (!cache) return process.env[name];
    const value = this.#cache.get(name) ?? process.env[name];
    if (value !== undefined) this.#cache.set(name, value);
    return value;
  }

  /** Whether a path is not to be read, though a file says it: with `skipProcessEnv`, what is not checked is not. */
  hides(path: string): boolean {
    return this.#hidden?.has(path) ?? false;
  }

  /** Runs what makes configuration out of variables, as if those of this layer were placed. */
  during<R>(layer: Layer, fn: () => Promise<R>): Promise<R> {
    return this.process.during(this.#placeable(layer.tree, this.source.madeOf(layer).expanded), fn);
  }

  /**
   * Sets a variable at once, in `process.env` too. Gives the variables that refer to it, as they are with it.
   */
  write(name: string, value: unknown): ReadonlyMap<string, string> {
    const before = this.#fromFiles();
    const text = textOf(value);
    this.#unjudged.set(name, value);
    this.process.write(name, text);
    this.#cache.delete(name);
    const after = this.#fromFiles();
    const follows = new Map([...after].filter(([key, said]) => key !== name && before.get(key) !== said));
    for (const [key, said] of follows) this.#followers.set(key, said);
    this.#place(this.#inForce);
    return follows;
  }

  /** What was written has become part of the configuration, or has been refused. */
  judged(name: string, value: unknown, isAccepted: boolean): void {
    if (this.#unjudged.get(name) !== value) return; // written again since
    this.#unjudged.delete(name);
    if (!isAccepted) this.process.write(name, undefined);
  }

  /** What refers to a written variable follows it from the files now, or no more. */
  letGo(followers: Iterable<string>): void {
    for (const name of followers) this.#followers.delete(name);
    this.#place(this.#inForce);
  }

  /** From now on these layers are in force: `process.env` follows. */
  follow(layers: readonly Layer[]): void {
    const own = layers.find((layer) => layer.source === this.source.name);
    this.#cache.clear();
    const tree = own?.tree ?? {};
    this.#inForce = tree;
    this.#madeOf = this.source.madeOf(own);
    this.#followOverrides(layers.find((layer) => layer.source === OVERRIDES)?.tree ?? {});
    this.#place(tree);
    if (!this.options.skipProcessEnv || isChecked(this.options)) return;
    const elsewhere = new Set(
      layers.filter((layer) => layer !== own).flatMap((layer) => Object.keys(layer.tree)),
    );
    this.#hidden = new Set(Object.keys(tree).filter((name) => !elsewhere.has(name)));
  }

  /** What was written lasts as long as the override that it became. */
  #followOverrides(overridden: Readonly<Variables>): void {
    for (const name of this.process.written) {
      if (!this.#unjudged.has(name)) this.process.write(name, textOf(overridden[name]));
    }
  }

  #fromFiles(): Map<string, string> {
    const { files } = this.#madeOf;
    const { maxFileSize } = DEFAULT_CONTENT_LIMITS;
    const combined = combineVariables(files, this.process.given(), this.options, maxFileSize);
    return this.#placeable({ ...this.#inForce, ...combined.variables }, combined.expanded);
  }

  #place(tree: Readonly<Variables>, expanded: MadeOf['expanded'] = this.#madeOf.expanded): void {
    this.process.place(new Map([...this.#placeable(tree, expanded), ...this.#followers]));
  }

  #placeable(tree: Readonly<Variables>, expanded: MadeOf['expanded']): Map<string, string> {
    return placeable(tree, expanded, this.process.given(), this.options);
  }

  #readNow(path: string): Variables {
    const { parser = parse } = this.options;
    const name = tryExpandName(path);
    try {
      return existsSync(name) ? (parser(readFileSync(name)) ?? {}) : {};
    } catch {
      return {}; // the first load says why
    }
  }
}

/** As `process.env` holds it; undefined where it cannot. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;
}
