import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';

/**
 * The order in which handlers are called. Handlers of one priority do not wait for each other. Lower priorities see a
 * version only after every higher priority has reached it. A version that the higher ones have passed never waits, so a
 * handler that is always behind the newest version starves nothing below it.
 */
export class PriorityOrder<Member extends { readonly priority: number }> {
  /** Highest priority first. Levels without members are left out. */
  private levels: PriorityLevel<Member>[] = [];

  /** @param onProgress called when it may be the turn of a member */
  constructor(private readonly onProgress: () => void) {}

  /**
   * Queues a member until its turn. Until it leaves, lower priorities see nothing newer than `reached`; if that is
   * `undefined`, they do not wait for it.
   */
  enqueue(member: Member, reached: ConfigSnapshot | undefined): void {
    this.levelOf(member.priority).queued.add(member);
    this.holdBack(member, reached);
    this.onProgress();
  }

  /** Limits lower priorities to `reached` until the member leaves. */
  holdBack(member: Member, reached: ConfigSnapshot | undefined): void {
    this.levelOf(member.priority).holdBack(member, reached);
  }

  /** Takes a member out of the queue for its turn. Lower priorities wait until it leaves. */
  start(member: Member): void {
    this.levelOf(member.priority).queued.delete(member);
  }

  /** Removes a member: it is not queued, and lower priorities do not wait for it. */
  leave(member: Member): void {
    const level = this.levels.find(({ priority }) => priority === member.priority);
    if (level === undefined) return;
    level.queued.delete(member);
    if (level.release(member)) this.onProgress();
  }

  /** Visits every queued member, highest priority first, with the newest snapshot that it may see. */
  visit(latest: ConfigSnapshot, visit: (member: Member, limit: ConfigSnapshot) => void): void {
    let limit = latest;
    for (const level of this.levels) {
      for (const member of level.queued) visit(member, limit);
      // After the visits: a member that ended at once holds back nothing any more.
      limit = level.oldestReached(limit);
    }
    this.levels = this.levels.filter((level) => !level.isEmpty);
  }

  private levelOf(priority: number): PriorityLevel<Member> {
    const at = this.levels.findIndex((level) => level.priority <= priority);
    const found = this.levels[at];
    if (found?.priority === priority) return found;
    const level = new PriorityLevel<Member>(priority);
    // A new array: visit() may be iterating over the old one.
    this.levels = this.levels.toSpliced(at === -1 ? this.levels.length : at, 0, level);
    return level;
  }
}

/** The members of one priority, counted by the version they have reached: there are few versions, however many members. */
class PriorityLevel<Member> {
  readonly queued = new Set<Member>();
  private readonly reachedBy = new Map<Member, ConfigSnapshot>();
  private readonly memberCounts = new Map<ConfigSnapshot, number>();

  constructor(readonly priority: number) {}

  get isEmpty(): boolean {
    return this.queued.size === 0 && this.reachedBy.size === 0;
  }

  holdBack(member: Member, reached: ConfigSnapshot | undefined): void {
    this.release(member);
    if (reached === undefined) return;
    this.reachedBy.set(member, reached);
    this.memberCounts.set(reached, (this.memberCounts.get(reached) ?? 0) + 1);
  }

  /** Returns `true` if the member was the last one that held lower priorities back at its version. */
  release(member: Member): boolean {
    const reached = this.reachedBy.get(member);
    if (reached === undefined) return false;
    this.reachedBy.delete(member);
    const others = this.memberCounts.get(reached)! - 1; // counted by holdBack()
    if (others > 0) this.memberCounts.set(reached, others);
    else this.memberCounts.delete(reached);
    return others === 0;
  }

  /** Returns the oldest snapshot that a member has reached, or `limit` if that is older. */
  oldestReached(limit: ConfigSnapshot): ConfigSnapshot {
    let oldest = limit;
    for (const snapshot of this.memberCounts.keys()) if (snapshot.version < oldest.version) oldest = snapshot;
    return oldest;
  }
}
