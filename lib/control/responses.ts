import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ReloadPlan } from '../reload/reload-planner.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';
import type { ReloadResult, StageDuration } from '../model/reload-result.interface.js';
import { describeResult } from '../logging/describe-result.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { toJsonValue } from '../util/json-value.js';
import type { ControlFailure } from './protocol.js';

/** Maximum number of changes in a response. The method `diff` returns all. */
const MAX_CHANGES = 1_000;

/** The result of a reload, as JSON without secrets. */
export interface ReloadResponse {
  readonly outcome: ReloadResult['outcome'];
  readonly cause: ReloadCause;
  /** The version in force afterwards. */
  readonly version: number;
  readonly durationMs: number;
  readonly stages: readonly StageDuration[];
  readonly changes: readonly ChangeResponse[];
  /** Number of changes that are left out of `changes`. */
  readonly moreChanges?: number;
  readonly issues: readonly ConfigIssue[];
  readonly reason?: string;
  readonly actor?: string;
  /** The stage that failed. */
  readonly stage?: ReloadStage;
  /** The failure, with the same message as in the log. */
  readonly error?: ControlFailure;
  /** Time of the end, as ISO 8601. */
  readonly time: string;
}

/** A change, with its values as JSON without secrets. */
export interface ChangeResponse {
  readonly path: string;
  readonly kind: Change['kind'];
  readonly previous?: unknown;
  readonly current?: unknown;
}

/** A preview of a reload, as JSON without secrets. */
export interface PlanResponse {
  readonly outcome: ReloadPlan['outcome'];
  readonly changes: readonly ChangeResponse[];
  readonly moreChanges?: number;
  readonly vetoes: readonly string[];
  readonly handlers: readonly string[];
  readonly components: readonly string[];
  readonly restart: readonly string[];
  readonly issues: readonly ConfigIssue[];
  readonly error?: ControlFailure;
}

/** Converts the value at `segments` to JSON without secrets. Undefined stays undefined: the response leaves it out. */
export function responseValue(
  value: unknown,
  secrets: SecretPolicy,
  segments: readonly string[] = [],
): unknown {
  return value === undefined ? undefined : toJsonValue(secrets.redact(value, segments));
}

export function reloadResponse(result: ReloadResult, secrets: SecretPolicy): ReloadResponse {
  const { outcome, cause, version, durationMs, stages, issues, reason, actor } = result;
  return {
    outcome,
    cause,
    version,
    durationMs,
    stages,
    ...changesIn(result.changes, secrets),
    issues,
    ...(reason !== undefined && { reason }),
    ...(actor !== undefined && { actor }),
    ...(result.outcome === 'rejected' && {
      stage: result.stage,
      error: { code: result.error.code, message: describeResult(result) },
    }),
    time: new Date().toISOString(),
  };
}

export function planResponse({ changes, error, ...plan }: ReloadPlan, secrets: SecretPolicy): PlanResponse {
  return {
    ...plan,
    ...changesIn(changes, secrets),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}

function changesIn(
  changes: readonly Change[],
  secrets: SecretPolicy,
): Pick<ReloadResponse, 'changes' | 'moreChanges'> {
  const more = changes.length - MAX_CHANGES;
  return {
    changes: changes.slice(0, MAX_CHANGES).map(({ path, segments, kind, previous, current }) => ({
      path,
      kind,
      previous: responseValue(previous, secrets, segments),
      current: responseValue(current, secrets, segments),
    })),
    ...(more > 0 && { moreChanges: more }),
  };
}
