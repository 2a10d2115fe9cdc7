import type { Change } from './change.interface.js';
import type { ConfigIssue } from './config-issue.interface.js';
import type { HotConfigError } from './hot-config.error.js';
import type { ReloadCause, ReloadStage } from './reload-stage.js';

/**
 * How a reload ended. `outcome` tells the three apart.
 *
 * @publicApi
 */
export type ReloadResult = AppliedReload | UnchangedReload | RejectedReload;

/**
 * What every result tells.
 *
 * @publicApi
 */
export interface ReloadResultBase {
  /** What set the reload off. */
  readonly cause: ReloadCause;
  /** The version in force afterwards. 0 where a boot was rejected. */
  readonly version: number;
  /** The stages that ran, with their durations in ms. */
  readonly stages: readonly StageDuration[];
  /** How long it took from its start to its outcome, in ms. */
  readonly durationMs: number;
  /** What was wrong (`rejected`), or worth a warning. */
  readonly issues: readonly ConfigIssue[];
  /** Why, as the caller of `reload()` told. */
  readonly reason?: string;
  /** Who, as the caller of `reload()` told. */
  readonly actor?: string;
}

/**
 * A new version is in force.
 *
 * @publicApi
 */
export interface AppliedReload extends ReloadResultBase {
  readonly outcome: 'applied';
  /** What it changed; at boot, everything is added. Never empty but at boot. */
  readonly changes: readonly Change[];
}

/**
 * The sources say what is in force already.
 *
 * @publicApi
 */
export interface UnchangedReload extends ReloadResultBase {
  readonly outcome: 'unchanged';
  readonly changes: readonly [];
}

/**
 * The sources say something that cannot be applied; the version that was in force stays.
 *
 * @publicApi
 */
export interface RejectedReload extends ReloadResultBase {
  readonly outcome: 'rejected';
  readonly changes: readonly [];
  /** Where it failed. */
  readonly stage: ReloadStage;
  /** Why it failed. */
  readonly error: HotConfigError;
}

/**
 * How long one stage took, in ms.
 *
 * @publicApi
 */
export interface StageDuration {
  readonly name: ReloadStage;
  readonly ms: number;
}

/**
 * What is asked of a reload.
 *
 * @publicApi
 */
export interface ReloadRequest {
  /** What sets it off. */
  readonly cause: ReloadCause;
  /** Why, as the caller of `reload()` told. */
  readonly reason?: string;
  /** Who, as the caller of `reload()` told. */
  readonly actor?: string;
  /** A look that nothing set off: where it finds nothing new, it was never there. */
  readonly audit?: 'safety-poll' | 'catch-up';
  /** Applies what the sources say, even where it was rolled back from. */
  readonly force?: boolean;
}
