import type { AutoReloadStatus } from '../auto-reload/auto-reload-status.interface.js';
import type { HandlersStatusMember } from '../changes/handler-stats.js';
import type { VersionStoreStatus } from '../history/persistence/version-store-status.interface.js';
import type { ReloadLogStatus } from '../logging/reload-log.js';
import type { PinsStatusMember } from '../pinning/leases.js';
import type { ProbationStatusMember } from '../probation/probation.js';
import type { RefreshablesStatusMember } from '../refreshable/refreshables.js';
import type { LastKnownGoodStatus } from '../reload/last-known-good.js';
import type { OverridesStatus } from '../reload/overrides.js';
import type { VersionStatusMembers } from '../reload/version-status.js';
import type { SourcesStatus } from '../sources/source-status.interface.js';
import type { StaleReadsStatusMember } from '../start-reads/stale-reads.js';
import type { ConfigProblem } from './config-problem.interface.js';

/** The members of the status that the core gives; each part declares its own. */
export interface CoreStatus
  extends
    VersionStatusMembers,
    ReloadLogStatus,
    LastKnownGoodStatus,
    VersionStoreStatus,
    OverridesStatus,
    ProbationStatusMember,
    AutoReloadStatus,
    HandlersStatusMember,
    PinsStatusMember,
    RefreshablesStatusMember,
    StaleReadsStatusMember,
    SourcesStatus {}

/**
 * The state of the configuration of one app, as `HotConfigManager.status()` returns it. Plain data without configured
 * values: safe to log and to show.
 *
 * @publicApi
 */
export interface HotConfigStatus extends CoreStatus {
  // A part outside of the core declares its member here, and adds it to `HotConfigPort.statusMembers`.

  /** The present problems, the most informative first; empty if there are none. */
  readonly problems: readonly ConfigProblem[];
}
