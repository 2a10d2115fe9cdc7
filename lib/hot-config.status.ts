import type { HotConfigRuntime } from './hot-config.runtime.js';
import type { HotConfigStatus } from './interfaces/hot-config-status.interface.js';

/** How configuration stands. Plain data without values: safe to show. */
export function describeStatus(runtime: HotConfigRuntime): HotConfigStatus {
  const { store, reloader, auto, log, pins, refreshables } = runtime;
  const { version, hash, time, cause } = store.current;
  const { watched, polling } = auto.paths;
  return {
    version,
    hash,
    since: time,
    cause,
    reloads: log.counts,
    ...(log.lastError && { lastError: log.lastError }),
    drifted: reloader.rejection !== undefined,
    watching: auto.isRunning,
    watchedFiles: watched,
    pollingFiles: polling,
    missedEvents: auto.missedEvents,
    breaker: auto.breaker,
    pins: pins.leases.status(),
    refreshables: { ...refreshables.counts, draining: refreshables.draining },
    pendingRestart: reloader.pendingRestart,
    sources: reloader.sources.map((source) => ({
      name: source.name,
      health: source.health?.().state ?? 'live',
    })),
  };
}
