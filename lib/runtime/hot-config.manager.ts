import type { ConfigVersion } from '../history/config-version.interface.js';
import type { DiffSide } from '../reload/version-comparer.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import type { ConfigExplanation } from '../history/explain.js';
import type { RollbackTarget } from '../reload/rollback-target.js';
import type { RollbackOptions } from '../reload/rollbacks.js';
import type { SetOptions } from '../reload/overrides.js';
import type { PlanOptions, ReloadPlan } from '../reload/reload-planner.js';
import type { Core } from './core.js';
import type { HotConfigStatus } from './status.interface.js';
import {
  checkCandidate,
  checkPath,
  checkPlan,
  checkReload,
  checkRollback,
  checkSet,
  checkSide,
  checkSource,
  checkSourceOrName,
  checkUnset,
} from './check-arguments.js';
import type { AnyPath, IfNotKnown, TypedPath } from '../model/path-argument.types.js';
import type { Path } from '../model/path.types.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';

/**
 * Options of `HotConfigManager.reload()`. `reason` and `actor` are kept with the result.
 *
 * @publicApi
 */
export interface ReloadOptions {
  /** Reason for the reload. */
  readonly reason?: string;
  /** Person or program that requests it. */
  readonly actor?: string;
  /** Applies content of the sources even if it was rolled back from, which ends the drift. Default false. */
  readonly force?: boolean;
}

/** The app that a manager operates. */
interface ManagedApp {
  readonly core: Core;
  reload(request: ReloadRequest): Promise<ReloadResult>;
  explain(path: string): ConfigExplanation;
  plan(candidate?: object, options?: PlanOptions): Promise<ReloadPlan>;
  status(): HotConfigStatus;
  enable(): Promise<void>;
  disable(): Promise<void>;
  settled(): Promise<void>;
}

/**
 * Changes and inspects the configuration at run time: for operators, admin endpoints and tests. To read configuration,
 * use `HotConfigService`.
 *
 * @typeParam T the type of the configuration, to check and complete paths; without it, any path is accepted
 *
 * @publicApi
 */
export class HotConfigManager<T extends object = Record<string, unknown>> {
  readonly #runtime: ManagedApp;

  /**
   * Called by `HotConfigModule`. Inject the manager instead.
   *
   * @internal
   */
  constructor(runtime: ManagedApp) {
    this.#runtime = runtime;
  }

  /**
   * Reads all sources now and applies their content, if it is valid and no handler vetoes it. A failed reload does not
   * reject the promise: it is a result with the outcome `rejected`. A reload requested during another one starts after
   * it; several that wait become one. It is refused, with a result `rejected`, after the app has shut down, and in code
   * that the running reload waits for (a veto, a validator, a factory, a load): there it would wait for itself.
   *
   * @throws ConfigOptionsError if an option is unknown or invalid
   */
  async reload(options: ReloadOptions = {}): Promise<ReloadResult> {
    checkReload(options);
    return this.#runtime.reload({ cause: 'manual', ...options });
  }

  /**
   * Returns the kept versions, oldest first: the last `history.max`, and those that are pinned. The last one is in
   * force.
   */
  history(): readonly ConfigVersion[] {
    return this.#runtime.core.history.list();
  }

  /**
   * Compares two versions, or a version with the present content of the sources. The result has a list of differences,
   * a JSON Patch and a text for people, all of them without secrets.
   *
   * @param from version, or `'sources'`; default: the version before the one in force
   * @param to version, or `'sources'`; default: the version in force
   * @throws ConfigRollbackError if a version is not kept
   * @throws HotConfigError if the content of the sources cannot be applied
   * @throws ConfigOptionsError if a side is neither a version nor `'sources'`
   *
   * @example
   * ```ts
   * console.log((await manager.diff(3, 'sources')).toText({ color: true }));
   * ```
   */
  async diff(from?: DiffSide, to?: DiffSide): Promise<VersionDiff> {
    [from, to].forEach(checkSide);
    return this.#runtime.core.versionComparer.run(from, to);
  }

  /**
   * Restores an earlier version, including its overrides. This is a reload like any other: it is validated, can be
   * vetoed, notifies handlers and adds a new version to the history. It reads no source, so it works while a file is
   * broken.
   *
   * Afterwards the app drifts: the content that was rolled back from is not applied again until the source has
   * different content, or `reload({ force: true })` is called. For a version that is not kept, the result is rejected
   * with a `ConfigRollbackError`.
   *
   * @example
   * ```ts
   * await manager.rollback({ steps: 1 }, { reason: 'the new model is slow', actor: 'ann' });
   * ```
   *
   * @throws ConfigOptionsError if the target is neither a version nor a number of steps, or an option is unknown or
   * invalid
   */
  async rollback(to: RollbackTarget = { steps: 1 }, options: RollbackOptions = {}): Promise<ReloadResult> {
    checkRollback(options);
    return this.#runtime.core.rollbacks.run(to, options);
  }

  /**
   * Sets an override: a value on top of the content of the sources. It ends after `ttl` if that is set, and at the
   * latest with the process. This is a reload that reads no source, so it works while a file is broken: use it as a
   * kill switch.
   *
   * @throws ConfigOptionsError if the path is empty or leads into a list, the value is not plain data, `ttl` is not a
   * duration, or an option is unknown
   *
   * @example
   * ```ts
   * await manager.set('log_level', 'debug', { ttl: '15m', reason: 'looking at slow requests' });
   * ```
   */
  set(
    ...pathAndValue: IfNotKnown<T, [path: AnyPath<T>, value: unknown, options?: SetOptions]>
  ): Promise<ReloadResult>;
  /** The same for a path that is checked. */
  set<P extends string = Path<T>>(
    path: TypedPath<T, P>,
    value: unknown,
    options?: SetOptions,
  ): Promise<ReloadResult>;
  async set(...parameters: unknown[]): Promise<ReloadResult> {
    const [path, value, options = {}] = parameters as [string, unknown, SetOptions?];
    checkSet(options);
    return this.#runtime.core.overrides.set(path, value, options);
  }

  /**
   * Removes the override that `set()` set at `path`: the content of the sources is in force there again. Without such an
   * override nothing changes.
   *
   * @throws ConfigOptionsError if `path` is not a path, or an option is unknown or invalid
   */
  unset(...path: IfNotKnown<T, [path: AnyPath<T>, options?: Omit<SetOptions, 'ttl'>]>): Promise<ReloadResult>;
  /** The same for a path that is checked. */
  unset<P extends string = Path<T>>(
    path: TypedPath<T, P>,
    options?: Omit<SetOptions, 'ttl'>,
  ): Promise<ReloadResult>;
  async unset(...parameters: unknown[]): Promise<ReloadResult> {
    const [path, options = {}] = parameters as [string, Omit<SetOptions, 'ttl'>?];
    checkUnset(options);
    return this.#runtime.core.overrides.unset(path, options);
  }

  /**
   * Explains the origin of a value: its source with file, line and column, the values of other sources that it
   * overrides, and the version that changed it last.
   *
   * @throws ConfigMissingKeyError if the path has no value
   * @throws ConfigOptionsError if the path is not a string
   */
  explain(...path: IfNotKnown<T, [path: AnyPath<T>]>): ConfigExplanation;
  /** The same for a path that is checked. */
  explain<P extends string = Path<T>>(path: TypedPath<T, P>): ConfigExplanation;
  explain(...[path]: string[]): ConfigExplanation {
    checkPath('explain()', path);
    return this.#runtime.explain(path as string);
  }

  /**
   * Predicts the result of a reload without applying anything: the changes, the handlers that would be called, the
   * components that would be rebuilt, the paths that need a restart. It says what `reload()` would do: content that was
   * rolled back from is not applied again. With `force`, it says what `reload({ force: true })` would do.
   *
   * @param candidate values to try on top of the content of the sources
   * @throws ConfigOptionsError if the candidate is not an object, or an option is unknown or invalid
   */
  async plan(candidate?: object, options: PlanOptions = {}): Promise<ReloadPlan> {
    checkCandidate(candidate);
    checkPlan(options);
    return this.#runtime.plan(candidate, options);
  }

  /** Returns the state of the configuration: version, counts, last error, watched files. Contains no configured values. */
  status(): HotConfigStatus {
    return this.#runtime.status();
  }

  /** Starts watching, and applies what has changed since it was stopped. */
  enable(): Promise<void> {
    return this.#runtime.enable();
  }

  /**
   * Stops watching. The configuration in force stays, and `reload()` still works. Resolves when the reloads that
   * watching had requested have ended.
   */
  disable(): Promise<void> {
    return this.#runtime.disable();
  }

  /**
   * Adds a source that overrides all others, and reloads. If the reload is rejected, the source is not added.
   *
   * @throws ConfigOptionsError if it is not a source
   */
  async addSource(source: ConfigSource): Promise<ReloadResult> {
    checkSource(source);
    return this.#runtime.core.sourceChanges.change((sources) => [...sources, source]);
  }

  /**
   * Removes a source and reloads. If the reload is rejected, the source stays.
   *
   * @param source the source itself, or its name
   * @throws ConfigOptionsError if it is neither a source nor a string
   */
  async removeSource(source: ConfigSource | string): Promise<ReloadResult> {
    checkSourceOrName(source);
    return this.#runtime.core.sourceChanges.change((sources) =>
      sources.filter((candidate) => candidate !== source && candidate.name !== source),
    );
  }

  /**
   * Resolves when no reload runs or waits, and every handler has been called for the latest version. For tests. The
   * process stays alive meanwhile.
   *
   * @throws HotConfigError in a handler, veto, validator or factory: it would wait for itself
   */
  settled(): Promise<void> {
    return this.#runtime.settled();
  }
}
