import type { Change } from './change.interface.js';
import type { ConfigIssue } from './config-issue.interface.js';
import type { HotConfigError } from './hot-config.error.js';
import type { ReloadCause, ReloadStage } from './reload-stage.js';

/**
 * The result of a reload; `outcome` says which of the three it is.
 *
 * @publicApi
 */
export type ReloadResult = AppliedReload | UnchangedReload | RejectedReload;

/**
 * The members that every result has.
 *
 * @publicApi
 */
export interface ReloadResultBase {
  /** The trigger of the reload. */
  readonly cause: ReloadCause;
  /** The version in force afterwards; 0 if a boot was rejected. */
  readonly version: number;
  /** The stages that ran, with their durations in ms. */
  readonly stages: readonly StageDuration[];
  /** The calls of the app's code in these stages (schemas, validators, vetoes, components), whose time is part of theirs. */
  readonly calls: readonly CallDuration[];
  /** Time from the start to the outcome, in ms. */
  readonly durationMs: number;
  /** Errors (`rejected`) or warnings. */
  readonly issues: readonly ConfigIssue[];
  /** The reason that the caller of `reload()` passed. */
  readonly reason?: string;
  /** The actor that the caller of `reload()` passed. */
  readonly actor?: string;
}

/**
 * A new version is in force.
 *
 * @publicApi
 */
export interface AppliedReload extends ReloadResultBase {
  readonly outcome: 'applied';
  /** The changes; at boot, everything is added. Empty only at boot. */
  readonly changes: readonly Change[];
}

/**
 * The sources contain what is already in force.
 *
 * @publicApi
 */
export interface UnchangedReload extends ReloadResultBase {
  readonly outcome: 'unchanged';
  readonly changes: readonly [];
}

/**
 * The content of the sources cannot be applied; the version in force stays.
 *
 * @publicApi
 */
export interface RejectedReload extends ReloadResultBase {
  readonly outcome: 'rejected';
  readonly changes: readonly [];
  /** The stage that failed. */
  readonly stage: ReloadStage;
  /** The error of the stage that failed. */
  readonly error: HotConfigError;
}

/**
 * The duration of one stage, in ms.
 *
 * @publicApi
 */
export interface StageDuration {
  readonly name: ReloadStage;
  readonly ms: number;
}

/**
 * The duration of the calls of one function or class of the app in a reload.
 *
 * @publicApi
 */
export interface CallDuration {
  /** For example `LlmService.checkBudget`, `the schema AppConfig`, `the validator checkLimits` or `the load of database`. */
  readonly name: string;
  /** Time until their results, in ms, of all calls together. */
  readonly ms: number;
  /** Longest time from the start of a call until the event loop had a turn, in ms: all requests waited for it. */
  readonly heldMs: number;
}

/**
 * The parameters of a reload.
 *
 * @publicApi
 */
export interface ReloadRequest {
  /** The trigger. */
  readonly cause: ReloadCause;
  /** The reason that the caller of `reload()` passed. */
  readonly reason?: string;
  /** The actor that the caller of `reload()` passed. */
  readonly actor?: string;
  /** Applies the content of the sources even if it was rolled back. Default false. */
  readonly force?: boolean;
}
