import type { ReloadCause } from '../model/reload-stage.js';
import type { DiffStats } from '../diff/diff-stats.js';

/**
 * A version that is or was in force, as `HotConfigManager.history()` lists it. Plain data without values: safe to show.
 *
 * @publicApi
 */
export interface ConfigVersion {
  /** Its number: 1, 2, 3… per process, or per `history.dir`. */
  readonly version: number;
  /** The hash of its content. */
  readonly hash: string;
  /** When it was committed. */
  readonly time: Date;
  /** What brought it about. */
  readonly cause: ReloadCause;
  /** Why, as who asked for it told. */
  readonly reason?: string;
  /** Who asked for it. */
  readonly actor?: string;
  /** The version that it brought back. */
  readonly restored?: number;
  /** The names of the sources that said something else than in the version before. */
  readonly sources: readonly string[];
  /** How much it changed. */
  readonly stats: DiffStats;
  /** Whether it is in force. */
  readonly current: boolean;
  /** Whether requests or other work hold it. */
  readonly pinned: boolean;
}
