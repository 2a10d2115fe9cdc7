import { toHotConfigError } from '../model/hot-config.error.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { redactError } from '../secrets/redact-error.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { withoutValues } from '../secrets/without-values.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type {
  AppliedReload,
  RejectedReload,
  ReloadRequest,
  ReloadResultBase,
  UnchangedReload,
} from '../model/reload-result.interface.js';
import type { StageClock } from './stage-clock.js';

/** Builds the result of one reload: the only maker of a `RedactedResult`. */
export class ResultBuilder {
  constructor(
    private readonly request: ReloadRequest,
    private readonly clock: StageClock,
    private readonly secrets: SecretPolicy,
  ) {}

  applied(
    current: Snapshot,
    changes: readonly Change[],
    issues: readonly ConfigIssue[],
  ): RedactedResult<AppliedReload> {
    return { outcome: 'applied', ...this.#base(current, issues), changes };
  }

  unchanged(current: Snapshot, issues: readonly ConfigIssue[] = []): RedactedResult<UnchangedReload> {
    return { outcome: 'unchanged', ...this.#base(current, issues), changes: [] };
  }

  /** @param changes those of the candidate: what a veto or a component says about a secret may quote it */
  rejected(
    thrown: unknown,
    current: Snapshot | undefined,
    changes: readonly Change[] = [],
  ): RedactedResult<RejectedReload> {
    const given = changes
      .filter(({ segments }) => this.secrets.isSecret(segments))
      .map(({ current: value, segments }) => ({ value, segments }));
    const redactText = (text: string) => this.secrets.redactText(withoutValues(text, given));
    const error = redactError(toHotConfigError(thrown), redactText);
    const stage = error.stage ?? this.clock.current;
    return { outcome: 'rejected', ...this.#base(current, error.issues), changes: [], stage, error };
  }

  #base(current: Snapshot | undefined, issues: readonly ConfigIssue[]): RedactedResult<ReloadResultBase> {
    const { cause, reason, actor } = this.request;
    return {
      cause,
      version: current?.version ?? 0,
      stages: [...this.clock.stages],
      calls: this.clock.calls.list,
      durationMs: this.clock.elapsedMs,
      issues: issues.map((issue) => ({ ...issue, message: this.secrets.redactText(issue.message) })),
      ...(reason !== undefined && { reason: this.secrets.redactNote(reason) }),
      ...(actor !== undefined && { actor: this.secrets.redactNote(actor) }),
    };
  }
}
