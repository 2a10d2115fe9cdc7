import { resolve } from 'node:path';
import type { Layer, LayerInput } from '../../model/layer.interface.js';
import type { Commit } from '../../reload/commit.js';
import type { ReloadObserver } from '../../reload/reload-observer.interface.js';
import { tryExpandPathVariables } from '../../sources/content/expand-path-variables.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { assignableVariables, envString, type Variables } from './combine-variables.js';
import { environmentAfter } from './environment-of-files.js';
import { EnvFiles } from './env-files.js';
import { envFilePaths, type EnvironmentOptions } from './environment-options.js';
import { EnvironmentSource, type LayerVariables } from './environment.source.js';
import { ProcessEnv } from './process-env.js';
import { isValidated } from './env-validation.js';
import type { VariableReads } from './variable-reads.js';

/** Name of the source of overrides. */
const OVERRIDES = 'overrides';

/**
 * The environment as a part of the configuration, as `@nestjs/config` has it: env files, their validation, and
 * `process.env`, which follows them.
 */
export class EnvironmentVariables implements ReloadObserver {
  readonly process = new ProcessEnv();
  readonly source: EnvironmentSource;
  /** Several `forRoot()` are joined in the order in which they were called. */
  readonly #createdAt = performance.now();
  readonly #isSkipped: boolean;
  readonly #isCached: boolean;
  /** Variables of the process that were read, for the option `cache`. */
  readonly #cache = new Map<string, string>();
  /** Names that only files have, and that must not be read with the option `skipProcessEnv`. */
  #hidden: ReadonlySet<string> | undefined;

  /** The layer of the source that is in force. */
  #layer: Layer | undefined;
  /** Its tree. */
  #inForce: Readonly<Variables> = {};
  #variablesInForce: LayerVariables | undefined;
  #assigned: ReadonlyMap<string, string> = new Map();
  /** Values set with `ConfigService.set()` whose reload has not ended. */
  readonly #unconfirmed = new Map<string, unknown>();
  /** Variables that refer to them, until the files have been read with them. */
  readonly #dependents = new Map<string, string>();

  /** @param envFiles those of each `forRoot()`, in the order in which they were called */
  constructor(private readonly envFiles: readonly EnvFiles[]) {
    this.source = new EnvironmentSource(envFiles, this.process);
    this.#isSkipped = envFiles.some(({ options }) => options.skipProcessEnv);
    this.#isCached = envFiles.some(({ options }) => options.cache);
  }

  static of(options: EnvironmentOptions): EnvironmentVariables {
    return new EnvironmentVariables([new EnvFiles(options)]);
  }

  /** Joins those of several `forRoot()`. If two of them assign the same variable, the first one wins. */
  static join(environments: readonly EnvironmentVariables[]): EnvironmentVariables {
    const [only] = environments;
    if (environments.length === 1 && only !== undefined) return only;
    const inOrder = environments.toSorted((one, other) => one.#createdAt - other.#createdAt);
    const joined = new EnvironmentVariables(inOrder.flatMap(({ envFiles }) => envFiles));
    for (const each of inOrder) joined.process.takeOver(each.process);
    return joined;
  }

  /**
   * Reads the env files and assigns their variables before the app exists, because its modules may read `process.env`.
   * Synchronous if the validation is. Errors are reported by the first load, which reads everything again.
   */
  async assignBeforeBoot(): Promise<void> {
    for (const envFiles of this.envFiles) {
      const reading = envFiles.readNow(this.process.environment());
      const result = reading instanceof Promise ? await reading : reading;
      if (result !== undefined) this.process.assign(result.assigned);
    }
  }

  /** Checks whether this file is one of the env files. */
  hasFile(path: string): boolean {
    return this.envFiles.some(({ options }) =>
      envFilePaths(options).some((name) => resolve(tryExpandPathVariables(name)) === path),
    );
  }

  /** Returns a variable of the process, for names that the configuration does not have. */
  variable(name: string): string | undefined {
    if (this.#isSkipped && !this.envFiles.some((files) => files.validation.returnsEnvironment))
      return undefined;
    if (!this.#isCached) return process.env[name];
    const value = this.#cache.get(name) ?? process.env[name];
    if (value !== undefined) this.#cache.set(name, value);
    return value;
  }

  /** Checks whether a path must not be read although a file has it: with `skipProcessEnv`, only validated ones are. */
  isHidden(path: string): boolean {
    return this.#hidden?.has(path) ?? false;
  }

  /** Runs a configuration factory as if the variables of this layer were assigned, and records those that it reads. */
  runWith<R>(layer: Layer, reads: VariableReads, fn: () => Promise<R>): Promise<R> {
    return this.process.runWith(this.#assignedBy(layer), reads, fn);
  }

  /** Returns the places of variables that were read, as they are in force. */
  locateAll(reads: VariableReads): LayerInput[] {
    return reads.names(Object.keys(this.#inForce)).map((name) => {
      const isSet = name in this.#inForce || process.env[name] !== undefined;
      const origin = isSet ? this.#layer?.locate([name]) : undefined;
      return { name, ...(origin && { origin }) };
    });
  }

  /** Sets a variable immediately, in `process.env` too. Returns the variables that refer to it, with their new values. */
  write(name: string, value: unknown): ReadonlyMap<string, string> {
    const before = this.#fromFiles();
    this.#unconfirmed.set(name, value);
    this.process.write(name, envString(value));
    this.#cache.delete(name);
    const after = this.#fromFiles();
    const dependents = new Map([...after].filter(([key, now]) => key !== name && before.get(key) !== now));
    for (const [key, now] of dependents) this.#dependents.set(key, now);
    this.#assign();
    return dependents;
  }

  /** Ends `write`: the value has become part of the configuration, or has been rejected. */
  confirmWrite(name: string, value: unknown, isAccepted: boolean): void {
    if (this.#unconfirmed.get(name) !== value) return; // written again since
    this.#unconfirmed.delete(name);
    if (!isAccepted) this.process.write(name, undefined);
  }

  /** Variables that refer to a written one come from the files again, which have been read with it. */
  releaseDependents(names: Iterable<string>): void {
    for (const name of names) this.#dependents.delete(name);
    this.#assign();
  }

  /** Makes `process.env` follow the layers that are in force from now on. */
  assigned({ layers: inForce }: Commit): void {
    const layers = [...inForce.values()];
    const own = layers.find((layer) => layer.source === this.source.name);
    this.#cache.clear();
    this.#layer = own;
    this.#inForce = own?.tree ?? {};
    this.#variablesInForce = this.source.variablesOf(own);
    // First: a set value that has ended no longer hides the variable of a file.
    this.#followOverrides(layers.find((layer) => layer.source === OVERRIDES)?.tree ?? {});
    this.#assigned = own === undefined ? new Map() : this.#assignedBy(own);
    this.#assign();
    if (!this.#isSkipped || this.envFiles.some(({ options }) => isValidated(options))) return;
    const elsewhere = new Set(
      layers.filter((layer) => layer !== own).flatMap((layer) => Object.keys(layer.tree)),
    );
    this.#hidden = new Set(Object.keys(this.#inForce).filter((name) => !elsewhere.has(name)));
  }

  /** A written value lasts as long as the override that it became. */
  #followOverrides(overridden: Readonly<Variables>): void {
    for (const name of this.process.written) {
      if (!this.#unconfirmed.has(name)) this.process.write(name, envString(overridden[name]));
    }
  }

  /** Variables of the files with the present environment; those of an earlier `forRoot()` are predefined for the next. */
  #fromFiles(): Map<string, string> {
    const { maxFileSize } = DEFAULT_CONTENT_LIMITS;
    const found = new Map<string, string>();
    let environment = this.process.environment();
    for (const [at, { contents }] of (this.#variablesInForce?.files ?? []).entries()) {
      const envFiles = this.envFiles[at]!; // the layer has loaded files for each of them
      const { variables, replaced } = envFiles.combine(contents, environment, maxFileSize);
      const tree = { ...this.#inForce, ...variables };
      const assigned = assignableVariables(tree, replaced, environment.predefined, envFiles.options);
      for (const [name, value] of assigned) found.set(name, value);
      environment = environmentAfter(environment, contents, assigned);
    }
    return found;
  }

  #assign(): void {
    this.process.assign(new Map([...this.#assigned, ...this.#dependents]));
  }

  /** Of a layer that comes from disk, only the tree is known. */
  #assignedBy(layer: Layer): ReadonlyMap<string, string> {
    const assigned = this.source.variablesOf(layer)?.assigned;
    const override = this.envFiles.some(({ options }) => options.override);
    return assigned ?? assignableVariables(layer.tree, {}, this.process.predefined(), { override });
  }
}
