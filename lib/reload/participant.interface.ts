import type { Change } from '../model/change.interface.js';
import type { Locate } from '../model/origin.interface.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/** A candidate and its differences from the snapshot in force. */
export interface Candidate {
  /** The differences. */
  readonly changes: readonly Change[];
  /** The snapshot in force. */
  readonly current: Snapshot;
  /** The snapshot that replaces it. */
  readonly candidate: Snapshot;
  readonly cause: ReloadCause;
  /** Returns the place that a value of the candidate comes from. */
  readonly locate: Locate;
}

/**
 * Takes part in the decision about a candidate: refuses it, or builds what it needs. Several candidates may be prepared at
 * the same time, and a prepared one may wait for minutes.
 */
export interface Participant {
  /**
   * Prepares for a candidate. Leaves nothing behind if it fails.
   *
   * @throws HotConfigError to refuse the candidate
   */
  prepare(candidate: Candidate): Promise<PreparedPart>;
  /** Returns the labels of what these changes concern, for a plan. */
  concernedBy(changes: readonly Change[]): string[];
}

/** The work of a participant for one candidate. Exactly one of `commit` and `discard` is called, once. */
export interface PreparedPart {
  /** `false` if the participant has changed since, so that it has to prepare again before the commit. */
  isCurrent(): boolean;
  /** The candidate is in force now. Must not throw. */
  commit(): void;
  /** The candidate will not be in force. What pinned work still uses lives until that has ended. Never rejects. */
  discard(): Promise<void>;
}
