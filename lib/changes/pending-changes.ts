import type { Change } from '../model/change.interface.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { shorterChain, type ReloadChain } from '../model/reload-chain.js';

/** Two snapshots, and the changes between them that concern one handler. */
export interface SnapshotDiff {
  readonly previous: ConfigSnapshot;
  readonly current: ConfigSnapshot;
  readonly changes: readonly Change[];
  /** The chain of the reload, or the shortest one of several. */
  readonly chain: ReloadChain | undefined;
}

/** Returns the changes between two snapshots. */
export type CompareSnapshots = (previous: ConfigSnapshot, current: ConfigSnapshot) => readonly Change[];

/**
 * The changes that one handler has not seen yet. However many commits they come from, this holds at most two snapshots
 * and the changes of one commit: memory stays bounded while a handler is slow.
 */
export class PendingChanges {
  /** `true` when debouncing is over and the handler only waits for its turn. */
  isDue = false;
  /** Number of matching commits since the last call. */
  commitCount = 1;

  private constructor(
    /** The snapshot that the handler saw last. */
    private lastSeen: ConfigSnapshot,
    /** The version of the last matching commit. */
    private newestVersion: number,
    /** The changes, if a single commit made them all. */
    private changes: readonly Change[] | undefined,
    private chain: ReloadChain | undefined,
    /** The snapshot of a call that failed. The next call still receives every change since `lastSeen`. */
    private failedWith?: ConfigSnapshot,
  ) {}

  /** Creates the pending changes of a handler that had seen everything before this commit. */
  static fromCommit(commit: SnapshotDiff): PendingChanges {
    return new PendingChanges(commit.previous, commit.current.version, commit.changes, commit.chain);
  }

  /** Creates the pending changes of a handler whose call failed, if no newer commit concerns it. */
  static fromFailedCall(failed: SnapshotDiff): PendingChanges {
    const pending = new PendingChanges(
      failed.previous,
      failed.current.version,
      failed.changes,
      failed.chain,
      failed.current,
    );
    pending.isDue = true;
    return pending;
  }

  /** Includes the changes of a failed call in those of the commits that came while it ran. */
  includeFailedCall(failed: SnapshotDiff): void {
    this.lastSeen = failed.previous;
    this.failedWith = failed.current;
    this.chain = shorterChain(this.chain, failed.chain);
    this.changes = undefined;
  }

  addCommit(commit: SnapshotDiff): void {
    this.newestVersion = commit.current.version;
    this.chain = shorterChain(this.chain, commit.chain);
    this.changes = undefined;
    this.commitCount += 1;
  }

  /** Starts to debounce again, for newer content that replaces a retry. */
  restartDebounce(): void {
    this.isDue = false;
    this.commitCount = 1;
  }

  /** The newest snapshot that the handler was called with, even if that call failed. */
  get reached(): ConfigSnapshot {
    return this.failedWith ?? this.lastSeen;
  }

  /** Returns whether to call the handler with `current`: it is newer than `reached`, or is to be retried. */
  canReach(current: ConfigSnapshot): boolean {
    return current.version >= Math.min(this.newestVersion, this.reached.version + 1);
  }

  /** Returns what a call with `current` reports, or `undefined` if nothing differs from what the handler saw last. */
  diffTo(current: ConfigSnapshot, compare: CompareSnapshots): SnapshotDiff | undefined {
    const { chain } = this;
    if (this.changes !== undefined && current.version >= this.newestVersion) {
      return { previous: this.lastSeen, current, changes: this.changes, chain };
    }
    // `failedWith` too: even if content has returned to `lastSeen`, the failed call may have applied some changes.
    for (const previous of this.failedWith === undefined
      ? [this.lastSeen]
      : [this.lastSeen, this.failedWith]) {
      const changes = compare(previous, current);
      if (changes.length > 0) return { previous, current, changes, chain };
    }
    return undefined;
  }

  /** Returns what remains pending after `current`, or `undefined` if nothing does. */
  remainingAfter(current: ConfigSnapshot): PendingChanges | undefined {
    if (this.newestVersion <= current.version) return undefined;
    this.lastSeen = current;
    this.failedWith = undefined;
    this.changes = undefined;
    return this;
  }
}
