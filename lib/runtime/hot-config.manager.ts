import type { ConfigVersion } from '../history/config-version.interface.js';
import type { DiffSide } from '../reload/version-comparer.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import type { ConfigExplanation } from '../history/explain.js';
import type { RollbackOptions, RollbackTarget } from '../reload/rollbacks.js';
import type { SetOptions } from '../reload/overrides.js';
import type { ReloadPlan } from '../reload/reload-plan.interface.js';
import type { HotConfigRuntime } from './hot-config.runtime.js';
import type { HotConfigStatus } from './status.interface.js';
import {
  checkCandidate,
  checkPath,
  checkReload,
  checkRollback,
  checkSet,
  checkSide,
  checkSource,
  checkSourceOrName,
  checkUnset,
} from './check-arguments.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';

/**
 * Why a reload is asked for, and by whom: kept with its result.
 *
 * @publicApi
 */
export interface ReloadOptions {
  /** Why. */
  readonly reason?: string;
  /** Who asks. */
  readonly actor?: string;
  /** Applies what the sources say even where it was rolled back from, which ends the drift. Default false. */
  readonly force?: boolean;
}

/**
 * Changes and inspects the runtime: what operators, admin endpoints and tests need, and request handlers do not.
 *
 * @publicApi
 */
export class HotConfigManager {
  readonly #runtime: HotConfigRuntime;

  /** Made by `HotConfigModule`; to be injected, not called. */
  constructor(runtime: HotConfigRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Reads all sources now and applies what they say, if it is valid and nobody objects. Never rejects: what went wrong
   * is in the result. One that is asked for during another begins after it; several that wait are one.
   *
   * @throws ConfigOptionsError where there is no such option
   */
  async reload(options: ReloadOptions = {}): Promise<ReloadResult> {
    checkReload(options);
    return this.#runtime.reload({ cause: 'manual', ...options });
  }

  /**
   * The versions that are kept, oldest first: the last `history.max`, and those that are pinned. The last one is in
   * force.
   */
  history(): readonly ConfigVersion[] {
    return this.#runtime.history.list();
  }

  /**
   * How two versions differ, or a version and what the sources say now: as entries, as JSON Patch, and as text for
   * people. Secrets are in none of them.
   *
   * @param from default: the version before the one in force
   * @param to default: the version in force
   * @throws ConfigRollbackError where a version is not kept
   * @throws HotConfigError where the sources say nothing that could be applied
   * @throws ConfigOptionsError where a side is neither a version nor `'sources'`
   *
   * @example
   * ```ts
   * console.log((await manager.diff(3, 'sources')).toText({ color: true }));
   * ```
   */
  async diff(from?: DiffSide, to?: DiffSide): Promise<VersionDiff> {
    [from, to].forEach(checkSide);
    return this.#runtime.comparisons.run(from, to);
  }

  /**
   * Brings an earlier version back, overrides included, as a reload of its own: validated, vetoable, notified, and a new
   * version in the history. It asks no source, and so works while a file is broken.
   *
   * Afterwards the app drifts: what a source said when it was rolled back from is not applied again until the source
   * says something else. `reload({ force: true })` ends that. A version that is not kept is a rejected result with a
   * `ConfigRollbackError`.
   *
   * @example
   * ```ts
   * await manager.rollback({ steps: 1 }, { reason: 'the new model is slow', actor: 'ann' });
   * ```
   *
   * @throws ConfigOptionsError where the target is neither a version nor a number of steps, or there is no such option
   */
  async rollback(to: RollbackTarget = { steps: 1 }, options: RollbackOptions = {}): Promise<ReloadResult> {
    checkRollback(options);
    return this.#runtime.rollbacks.run(to, options);
  }

  /**
   * Sets a value on top of what the sources say, as a reload of its own; with a `ttl`, for a time. It asks no source,
   * and so works while a file is broken: a kill switch. Overrides end with the process.
   *
   * @throws ConfigOptionsError where the path leads nowhere or into a list, the value is no plain data, the ttl is no
   * duration, or there is no such option
   *
   * @example
   * ```ts
   * await manager.set('log_level', 'debug', { ttl: '15m', reason: 'looking at slow requests' });
   * ```
   */
  async set(path: string, value: unknown, options: SetOptions = {}): Promise<ReloadResult> {
    checkSet(options);
    return this.#runtime.overrides.set(path, value, options);
  }

  /**
   * Takes back what `set()` set at `path`: what the sources say there is in force again. Nothing set, nothing changed.
   *
   * @throws ConfigOptionsError where `path` is none, or there is no such option
   */
  async unset(path: string, options: Omit<SetOptions, 'ttl'> = {}): Promise<ReloadResult> {
    checkUnset(options);
    return this.#runtime.overrides.unset(path, options);
  }

  /**
   * Where a value comes from: its source with file, line and column, what that hides in lower sources, and the version
   * that changed it last.
   *
   * @throws ConfigMissingKeyError where there is no value
   * @throws ConfigOptionsError where the path is no text
   */
  explain(path: string): ConfigExplanation {
    checkPath('explain()', path);
    return this.#runtime.explain(path);
  }

  /**
   * What a reload would do now: what would change, who would be told, what would be built again, what needs a restart.
   * Nothing is done. What was rolled back from counts, as with `reload({ force: true })`.
   *
   * @param candidate values to try on top of what the sources say
   * @throws ConfigOptionsError where the candidate is no object
   */
  async plan(candidate?: object): Promise<ReloadPlan> {
    checkCandidate(candidate);
    return this.#runtime.plan(candidate);
  }

  /** How configuration stands: version, counts, the last error, what is watched. Holds no values. */
  status(): HotConfigStatus {
    return this.#runtime.status();
  }

  /** Starts watching again, and catches up with what changed meanwhile. */
  enable(): Promise<void> {
    return this.#runtime.enable();
  }

  /**
   * Stops watching. What is in force stays in force, and `reload()` still works. Resolves when no reload is left that
   * watching had asked for.
   */
  disable(): Promise<void> {
    return this.#runtime.disable();
  }

  /**
   * Adds a source on top of the others and reloads. Where that is rejected, the source is not added.
   *
   * @throws ConfigOptionsError where it is no source
   */
  async addSource(source: ConfigSource): Promise<ReloadResult> {
    checkSource(source);
    return this.#runtime.sources.change((sources) => [...sources, source]);
  }

  /**
   * Removes a source, by itself or by its name, and reloads. Where that is rejected, the source stays.
   *
   * @throws ConfigOptionsError where it is neither a source nor a name
   */
  async removeSource(source: ConfigSource | string): Promise<ReloadResult> {
    checkSourceOrName(source);
    return this.#runtime.sources.change((sources) =>
      sources.filter((candidate) => candidate !== source && candidate.name !== source),
    );
  }

  /** Resolves when no reload runs or waits, and every handler has seen the latest version: what tests wait for. */
  settled(): Promise<void> {
    return this.#runtime.settled();
  }
}
