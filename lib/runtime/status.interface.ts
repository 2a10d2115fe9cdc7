import type { OverrideStatus } from '../reload/overrides.js';
import type { HandlersStatus } from '../changes/handler-stats.js';
import type { PinsStatus } from '../pinning/leases.js';
import type { LastReload, ReloadCounts } from '../logging/reload-counter.js';
import type { ProbationStatus } from '../probation/probation-run.js';
import type { HotConfigStatusError } from '../logging/reload-log.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { RefreshablesStatus } from '../refreshable/refreshables.js';
import type { SourceHealth } from '../sources/contract/config-source.interface.js';

/**
 * The state of the configuration of one app, as `HotConfigManager.status()` returns it. Plain data without configured
 * values: safe to log and to show.
 *
 * @publicApi
 */
export interface HotConfigStatus {
  /** Version in force. */
  readonly version: number;
  /** Hash of the configuration in force, the same as `HotConfigService.snapshot.hash`. */
  readonly hash: string;
  /**
   * Hash for comparing processes: equal in all processes that have the same configuration. With `history.key` it is the
   * same as `hash`. Without that key, secrets are left out: processes that differ only in a password have an equal hash.
   */
  readonly comparableHash: string;
  /** Time from which the version has been in force. */
  readonly since: Date;
  /** Cause of the reload that created the version. */
  readonly cause: ReloadCause;
  /** Number of reloads since the app started, by outcome. */
  readonly reloads: ReloadCounts;
  /** Outcome of the last reload. */
  readonly lastReload?: LastReload;
  /** Time of the last reload that ended `applied` or `unchanged`. */
  readonly lastSuccess?: Date;
  /** The last rejection. It stays here after the content has been fixed, so that the cause can still be looked up. */
  readonly lastError?: HotConfigStatusError;
  /** `true` if the present content of the sources was rejected, so that an earlier version stays in force. */
  readonly rejected: boolean;
  /** `true` if the configuration in force differs from the content of the sources, which was rejected or rolled back from. */
  readonly drifted: boolean;
  /** Names of the sources whose present content was rolled back from. */
  readonly rolledBack: readonly string[];
  /**
   * Reason why the app runs on an earlier version since its start: the content of the sources could not be used
   * (`onInvalidBoot: 'lastKnownGood'`). Absent if it does not.
   */
  readonly degraded?: string;
  /** Directory in which versions are stored. `failing` is `true` while they cannot be written and exist in memory only. */
  readonly versionsOnDisk?: { readonly dir: string; readonly failing: boolean };
  /** Overrides set with `HotConfigManager.set()`, without their values. */
  readonly overrides: readonly OverrideStatus[];
  /** Version on probation; absent if none is. */
  readonly probation?: ProbationStatus;
  /** `true` if the sources are watched. */
  readonly watching: boolean;
  /** Watched files and directories. */
  readonly watchedFiles: readonly string[];
  /** Those of `watchedFiles` that are polled, because file events do not work there or polling was requested. */
  readonly pollingFiles: readonly string[];
  /** Number of changes that no file event announced and that the safety poll found. */
  readonly missedEvents: number;
  /** `open` while reloads from watching are delayed, because content was rejected several times in a row. */
  readonly breaker: 'closed' | 'open';
  /** Statistics of the change handlers. */
  readonly handlers: HandlersStatus;
  /** Requests and other work that hold a version. */
  readonly pins: PinsStatus;
  /** Components that are rebuilt when their configuration changes. */
  readonly refreshables: RefreshablesStatus;
  /** Paths whose new values take effect only after a restart. */
  readonly pendingRestart: readonly string[];
  /** The sources; later ones override earlier ones. */
  readonly sources: readonly HotConfigSourceStatus[];
}

/**
 * The state of one source.
 *
 * @publicApi
 */
export interface HotConfigSourceStatus {
  /** Name of the source in errors and logs. */
  readonly name: string;
  /** `live`, `stale` or `down`. A source that does not report its health counts as `live`. */
  readonly health: SourceHealth['state'];
}
