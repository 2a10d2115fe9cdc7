import type { Part } from '../model/part.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import type { CommitStore } from './commit.js';
import type { LastRejection, Rejection } from './last-rejection.js';

/**
 * The rejection of the content that the sources have now.
 *
 * @publicApi
 */
export interface RejectionStatus {
  /** Time from which the content has been rejected, for this reason or for others. */
  readonly since: Date;
  /** The stage that failed. */
  readonly stage: ReloadStage;
  /** Names of the sources whose content is at fault. Empty if none is, but for example a new schema. */
  readonly sources: readonly string[];
  /** The problems, without secrets. */
  readonly issues: readonly ConfigIssue[];
}

/** The members of `HotConfigManager.status()` about the version in force. */
export interface VersionStatusMembers {
  /** Version in force. */
  readonly version: number;
  /** Hash of the configuration in force, the same as `HotConfigService.snapshot.hash`. */
  readonly hash: string;
  /**
   * Hash for comparing processes: equal in all processes that have the same configuration. With `history.key` it is the
   * same as `hash`. Without that key, secrets are left out: processes that differ only in a password have an equal hash.
   */
  readonly comparableHash: string;
  /** Time from which the version has been in force. */
  readonly since: Date;
  /** Cause of the reload that created the version. */
  readonly cause: ReloadCause;
  /** The rejection of the present content of the sources: an earlier version stays in force. Absent if it was accepted. */
  readonly rejection?: RejectionStatus;
  /** `true` if the configuration in force differs from the content of the sources, which was rejected or rolled back from. */
  readonly drifted: boolean;
  /** Names of the sources whose present content was rolled back from. */
  readonly rolledBack: readonly string[];
  /** Paths whose new values take effect only after a restart. */
  readonly pendingRestart: readonly string[];
}

/** Describes the version in force. */
export class VersionStatus implements Part {
  /** Hashes without secrets: without a shared key, the hash of a secret differs between processes. */
  readonly #comparable: ContentHasher | undefined;

  constructor(
    private readonly context: {
      readonly store: CommitStore;
      readonly rejection: LastRejection;
      readonly secrets: SecretPolicy;
      /** `true` if processes share the key of the hashes. */
      readonly isKeyShared: boolean;
    },
  ) {
    this.#comparable = context.isKeyShared ? undefined : new ContentHasher(context.secrets, 'left out');
  }

  status(): VersionStatusMembers {
    const { current, inForce } = this.context.store;
    const { version, hash, time, cause, value } = current;
    const rejection = statusOf(this.context.rejection.current);
    const rolledBack = inForce.drift.sources;
    return {
      version,
      hash,
      comparableHash: this.#comparable?.hash(value) ?? hash,
      since: time,
      cause,
      ...(rejection && { rejection }),
      drifted: rejection !== undefined || rolledBack.length > 0,
      rolledBack,
      pendingRestart: inForce.pendingRestart,
    };
  }
}

function statusOf(rejection: Rejection | undefined): RejectionStatus | undefined {
  if (rejection === undefined) return undefined;
  const { since, sources, result } = rejection;
  return { since, stage: result.stage, sources: sources.map(({ name }) => name), issues: result.issues };
}
