import type { AppliedReload, RejectedReload, ReloadRequest } from '../model/reload-result.interface.js';

/**
 * Called before each reload collects its sources. For preparing, not for objecting: what it throws is logged.
 * Found by its name on any provider or controller, as Nest's own hooks are.
 *
 * @publicApi
 */
export interface BeforeConfigReload {
  beforeConfigReload(request: ReloadRequest): unknown;
}

/**
 * Called after each reload that applied a new version, beside its handlers: neither waits for the other. What it throws
 * is logged.
 *
 * @publicApi
 */
export interface OnConfigReload {
  onConfigReload(result: AppliedReload): unknown;
}

/**
 * Called after each reload that was rejected. What it throws is logged.
 *
 * @publicApi
 */
export interface OnConfigRejected {
  onConfigRejected(result: RejectedReload): unknown;
}

/**
 * Called after each reload that brought an earlier version back. What it throws is logged.
 *
 * @publicApi
 */
export interface OnConfigRollback {
  onConfigRollback(result: AppliedReload): unknown;
}
