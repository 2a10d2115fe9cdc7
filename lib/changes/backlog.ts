import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Change } from '../model/change.interface.js';

/** Two snapshots and what differs between them, as far as one handler is concerned. */
export interface Step {
  readonly previous: ConfigSnapshot;
  readonly current: ConfigSnapshot;
  readonly changes: readonly Change[];
}

/** What differs between two snapshots, as far as one handler is concerned. */
export type Select = (previous: ConfigSnapshot, current: ConfigSnapshot) => Change[];

/**
 * What a handler has not been told yet. However many commits that is, it holds two snapshots at most and the changes
 * of one commit: memory stays bounded while a handler is slow.
 */
export class Backlog {
  /** Whether debouncing is over, so that only its turn is waited for. */
  due = false;
  /** Matching commits since it was last called. */
  commits = 1;

  private constructor(
    /** What the handler last saw. */
    private since: ConfigSnapshot,
    /** The version of the last matching commit. */
    private until: number,
    /** What differs, where one commit did it all. */
    private changes: readonly Change[] | undefined,
    /** What an attempt that failed was called with; the next one still tells everything since `since`. */
    private tried?: ConfigSnapshot,
  ) {}

  /** After a commit that found the handler up to date: what it last saw is what was in force. */
  static after(commit: Step): Backlog {
    return new Backlog(commit.previous, commit.current.version, commit.changes);
  }

  /** After an attempt that failed, with nothing new since. */
  static toRetry(step: Step): Backlog {
    const backlog = new Backlog(step.previous, step.current.version, step.changes, step.current);
    backlog.due = true;
    return backlog;
  }

  /** After an attempt that failed while newer content came: that takes its place, and leaves nothing out. */
  resumeFrom(failed: Step): void {
    this.since = failed.previous;
    this.tried = failed.current;
    this.changes = undefined;
  }

  add(commit: Step): void {
    this.until = commit.current.version;
    this.changes = undefined;
    this.commits += 1;
  }

  /** Newer content in place of a retry: the debounce begins anew. */
  startOver(): void {
    this.due = false;
    this.commits = 1;
  }

  /** The newest snapshot the handler is through with, also by failing on it. */
  get reached(): ConfigSnapshot {
    return this.tried ?? this.since;
  }

  /** Whether `current` is worth a call: newer than what it was called with, or the same where that is to be retried. */
  canReach(current: ConfigSnapshot): boolean {
    return current.version >= Math.min(this.until, this.reached.version + 1);
  }

  /** What to tell when called with `current`; undefined where nothing differs from what the handler last saw. */
  stepTo(current: ConfigSnapshot, select: Select): Step | undefined {
    if (this.changes !== undefined && current.version >= this.until) {
      return { previous: this.since, current, changes: this.changes };
    }
    // Back where it was before an attempt that failed: the attempt may have done a part, so it is told the way back.
    for (const previous of this.tried === undefined ? [this.since] : [this.since, this.tried]) {
      const changes = select(previous, current);
      if (changes.length > 0) return { previous, current, changes };
    }
    return undefined;
  }

  /** What remains once the handler has been told of `current`, or has nothing to be told of it. */
  rest(current: ConfigSnapshot): Backlog | undefined {
    if (this.until <= current.version) return undefined;
    this.since = current;
    this.tried = undefined;
    this.changes = undefined;
    return this;
  }
}
