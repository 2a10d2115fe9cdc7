import type { HandlerStats } from '../changes/handler-stats.js';
import type { HotConfigStatus } from './status.interface.js';
import type { Pins } from '../pinning/pins.js';
import type { Refreshables } from '../refreshable/refreshables.js';
import type { AutoReload } from '../auto-reload/auto-reload.js';
import type { Probation } from '../probation/probation.js';
import type { ReloadLog } from '../logging/reload-log.js';
import type { VersionStore } from '../history/persistence/version-store.js';
import type { LastKnownGood } from '../reload/last-known-good.js';
import type { Overrides } from '../reload/overrides.js';
import type { Reloader } from '../reload/reloader.js';
import type { SnapshotStore } from '../snapshot/snapshot.store.js';

interface StatusParts {
  readonly store: SnapshotStore;
  readonly reloader: Reloader;
  readonly autoReload: AutoReload;
  readonly reloadLog: ReloadLog;
  readonly pins: Pins;
  readonly refreshables: Refreshables;
  readonly overrides: Overrides;
  readonly handlers: HandlerStats;
  readonly probation: Probation | undefined;
  readonly lastKnownGood: LastKnownGood;
  readonly versionStore: VersionStore | undefined;
  comparableHash(value: unknown): string | undefined;
}

/** Describes the state of the configuration as plain data without configured values. */
export function describeStatus(parts: StatusParts): HotConfigStatus {
  const probation = parts.probation?.status;
  const { store, reloader, autoReload, reloadLog, pins, refreshables, overrides, handlers, versionStore } =
    parts;
  const { degraded } = parts.lastKnownGood;
  const { version, hash, time, cause, value } = store.current;
  const rolledBack = reloader.layers.drift.sources;
  const { watched, polling } = autoReload.paths;
  return {
    version,
    hash,
    comparableHash: parts.comparableHash(value) ?? hash,
    since: time,
    cause,
    reloads: reloadLog.counter.counts,
    ...(reloadLog.counter.last && { lastReload: reloadLog.counter.last }),
    ...(reloadLog.counter.lastSuccess && { lastSuccess: reloadLog.counter.lastSuccess }),
    ...(reloadLog.lastError && { lastError: reloadLog.lastError }),
    rejected: reloader.rejection !== undefined,
    drifted: reloader.rejection !== undefined || rolledBack.length > 0,
    rolledBack,
    ...(degraded !== undefined && { degraded }),
    ...(versionStore && { versionsOnDisk: { dir: versionStore.path, failing: versionStore.isFailing } }),
    overrides: overrides.status(),
    ...(probation && { probation }),
    watching: autoReload.isRunning,
    watchedFiles: watched,
    pollingFiles: polling,
    missedEvents: autoReload.missedEvents,
    breaker: autoReload.breaker,
    handlers: handlers.status,
    pins: pins.leases.status(),
    refreshables: { ...refreshables.counts, draining: refreshables.draining },
    pendingRestart: reloader.pendingRestart,
    sources: reloader.sources.map((source) => ({
      name: source.name,
      health: source.health?.().state ?? 'live',
    })),
  };
}
