import type { OverrideStatus } from '../reload/overrides.js';
import type { HandlersStatus } from '../changes/handler-stats.js';
import type { PinsStatus } from '../pinning/leases.js';
import type { LastReload, ReloadCounts } from '../logging/reload-counts.js';
import type { ProbationStatus } from '../probation/probation-run.js';
import type { HotConfigStatusError } from '../logging/reload-log.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { RefreshablesStatus } from '../refreshable/refreshables.js';
import type { SourceHealth } from '../sources/contract/config-source.interface.js';

/**
 * How configuration stands, as `HotConfigManager.status()` tells. Plain data without values: safe to show.
 *
 * @publicApi
 */
export interface HotConfigStatus {
  /** The version in force. */
  readonly version: number;
  /** The hash of its content: of `HotConfigService.snapshot`. */
  readonly hash: string;
  /**
   * The hash by which processes are compared: the same in each with the same configuration. With `history.key` it is
   * `hash`. Without, it leaves out what secrets say: a process with another password has the same.
   */
  readonly comparableHash: string;
  /** Since when it is in force. */
  readonly since: Date;
  /** What brought it about. */
  readonly cause: ReloadCause;
  /** How many reloads ended how, since the app started. */
  readonly reloads: ReloadCounts;
  /** How the last of them ended. */
  readonly lastReload?: LastReload;
  /** When a reload last ended `applied` or `unchanged`. */
  readonly lastSuccess?: Date;
  /** The last rejection; it stays after content was mended, so that people see what happened. */
  readonly lastError?: HotConfigStatusError;
  /** Whether what the sources say now is rejected, so that an earlier version stays in force. */
  readonly rejected: boolean;
  /** Whether what runs differs from what the sources say: the newest content is rejected, or was rolled back from. */
  readonly drifted: boolean;
  /** The names of the sources whose content was rolled back from. */
  readonly rolledBack: readonly string[];
  /**
   * Why the app runs on an earlier version since it started: what the sources say cannot be used (`onInvalidBoot`).
   * Absent where it does not.
   */
  readonly degraded?: string;
  /** Where versions are written to, and whether the disk refuses them, so that they are in memory only. */
  readonly versionsOnDisk?: { readonly dir: string; readonly failing: boolean };
  /** What `HotConfigManager.set()` has set, without values. */
  readonly overrides: readonly OverrideStatus[];
  /** The version that has to prove itself, while one has to. */
  readonly probation?: ProbationStatus;
  /** Whether sources are watched. */
  readonly watching: boolean;
  /** The files and directories that are watched. */
  readonly watchedFiles: readonly string[];
  /** Those of them that are polled, because events do not work there or are not wanted. */
  readonly pollingFiles: readonly string[];
  /** Changes that no event announced, found by the safety poll. */
  readonly missedEvents: number;
  /** `open` while watching backs off because content was rejected again and again. */
  readonly breaker: 'closed' | 'open';
  /** How the handlers of changes fare. */
  readonly handlers: HandlersStatus;
  /** The requests and other work that hold a version. */
  readonly pins: PinsStatus;
  /** The components that follow configuration. */
  readonly refreshables: RefreshablesStatus;
  /** Paths whose new values wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** The sources, lowest first. */
  readonly sources: readonly HotConfigSourceStatus[];
}

/**
 * One source, and how well it is reachable.
 *
 * @publicApi
 */
export interface HotConfigSourceStatus {
  /** What it is called in errors and in the log. */
  readonly name: string;
  /** Whether it is `live`, `stale` or `down`; one that does not say is taken for `live`. */
  readonly health: SourceHealth['state'];
}
