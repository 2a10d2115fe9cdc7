import type { ReloadCause } from '../model/reload-stage.js';
import type { DiffStats } from '../diff/diff-stats.js';

/**
 * A version that is or was in force, as `HotConfigManager.history()` returns it. Plain data without configuration values,
 * so it is safe to show.
 *
 * @publicApi
 */
export interface ConfigVersion {
  /** The number: 1, 2, 3… per process, or per `history.dir`. */
  readonly version: number;
  /** The hash of the content. */
  readonly hash: string;
  /** The time of the commit. */
  readonly time: Date;
  /** The cause of the reload. */
  readonly cause: ReloadCause;
  /** The reason that was passed with the request for the reload. */
  readonly reason?: string;
  /** The user or client that requested the reload. */
  readonly actor?: string;
  /** The number of the earlier version that it restored. */
  readonly restored?: number;
  /** The names of the sources whose content differs from the previous version. */
  readonly sources: readonly string[];
  /**
   * The revisions of the remote sources, by the name of the source: a release, an ETag. A revision is cut after 200
   * characters. Absent if the version has none.
   */
  readonly revisions?: Readonly<Record<string, string>>;
  /** The number of changes from the previous version. */
  readonly stats: DiffStats;
  /** `true` if it is in force. */
  readonly current: boolean;
  /** `true` if requests or other contexts are pinned to it. */
  readonly pinned: boolean;
}
