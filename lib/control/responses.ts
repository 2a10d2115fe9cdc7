import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { StartRead } from '../model/start-read.interface.js';
import type { ReloadPlan } from '../reload/reload-planner.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';
import type { CallDuration, ReloadResult, StageDuration } from '../model/reload-result.interface.js';
import { describeResult } from '../logging/describe-result.js';
import type { Redacted } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigExplanation } from '../history/explain.js';
import { parsePathOrKey } from '../model/paths.js';
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
  readonly calls: readonly CallDuration[];
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
  readonly readAtStart: readonly StartRead[];
  readonly rolledBack: readonly string[];
  readonly issues: readonly ConfigIssue[];
  readonly error?: ControlFailure;
}

/** Describes the result of a reload. */
export function reloadResponse(result: ReloadResult, secrets: SecretPolicy): Redacted<unknown> {
  const { outcome, cause, version, durationMs, stages, calls, issues, reason, actor } = result;
  const response: Omit<ReloadResponse, 'changes'> = {
    outcome,
    cause,
    version,
    durationMs,
    stages,
    calls,
    ...moreChanges(result.changes),
    issues,
    ...(reason !== undefined && { reason }),
    ...(actor !== undefined && { actor }),
    ...(result.outcome === 'rejected' && {
      stage: result.stage,
      error: { code: result.error.code, message: describeResult(result) },
    }),
    time: new Date().toISOString(),
  };
  return secrets.redactTexts(response, { changes: changesIn(result.changes, secrets) });
}

/** Describes a preview of a reload. */
export function planResponse(
  { changes, error, ...plan }: ReloadPlan,
  secrets: SecretPolicy,
): Redacted<unknown> {
  const response: Omit<PlanResponse, 'changes'> = {
    ...plan,
    ...moreChanges(changes),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
  return secrets.redactTexts(response, { changes: changesIn(changes, secrets) });
}

/** Describes the origin of a value. */
export function explainResponse(explanation: ConfigExplanation, secrets: SecretPolicy): Redacted<unknown> {
  const { value, shadowed, ...about } = explanation;
  const segments = parsePathOrKey(explanation.path);
  return secrets.redactTexts(about, {
    value: secrets.redactAsJson(value, segments),
    shadowed: shadowed.map(({ value: hidden, ...layer }) =>
      secrets.redactTexts(layer, { value: secrets.redactAsJson(hidden, segments) }),
    ),
  });
}

function changesIn(changes: readonly Change[], secrets: SecretPolicy): Redacted<unknown>[] {
  return changes.slice(0, MAX_CHANGES).map(({ path, segments, kind, previous, current }) =>
    secrets.redactTexts({ path, kind } satisfies ChangeResponse, {
      previous: secrets.redactAsJson(previous, segments),
      current: secrets.redactAsJson(current, segments),
    }),
  );
}

function moreChanges({ length }: readonly Change[]): Pick<ReloadResponse, 'moreChanges'> {
  return length > MAX_CHANGES ? { moreChanges: length - MAX_CHANGES } : {};
}
