import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';

/**
 * Who is called before whom. Members of one priority share a lane and do not wait for each other. A lane may see a
 * version only when the lanes above have reached it; what they have passed already never holds it back, so a handler
 * above that is always behind the newest version starves nobody.
 */
export class PriorityLanes<Member extends { readonly priority: number }> {
  /** Highest priority first. Only lanes that hold somebody. */
  private lanes: Lane<Member>[] = [];

  /** @param onMove called when somebody's turn may have come */
  constructor(private readonly onMove: () => void) {}

  /**
   * Waits for its turn. Meanwhile, and until it leaves, lower lanes see nothing newer than `reached`; undefined holds
   * nobody back.
   */
  lineUp(member: Member, reached: ConfigSnapshot | undefined): void {
    this.laneOf(member.priority).waiting.add(member);
    this.hold(member, reached);
    this.onMove();
  }

  /** Until it leaves, lower lanes see nothing newer than `reached`. */
  hold(member: Member, reached: ConfigSnapshot | undefined): void {
    this.laneOf(member.priority).hold(member, reached);
  }

  /** Its turn has come; it holds lower lanes back until it leaves. */
  begin(member: Member): void {
    this.laneOf(member.priority).waiting.delete(member);
  }

  /** Neither waits nor holds anybody back. */
  leave(member: Member): void {
    const lane = this.lanes.find(({ priority }) => priority === member.priority);
    if (lane === undefined) return;
    lane.waiting.delete(member);
    if (lane.release(member)) this.onMove();
  }

  /** Visits everybody who waits, highest first, with the newest snapshot that may be seen there. */
  visit(latest: ConfigSnapshot, visit: (member: Member, limit: ConfigSnapshot) => void): void {
    let limit = latest;
    for (const lane of this.lanes) {
      for (const member of lane.waiting) visit(member, limit);
      // After the visits: who ended at once holds nobody back any more.
      limit = lane.oldest(limit);
    }
    this.lanes = this.lanes.filter((lane) => !lane.isEmpty);
  }

  private laneOf(priority: number): Lane<Member> {
    const at = this.lanes.findIndex((lane) => lane.priority <= priority);
    const found = this.lanes[at];
    if (found?.priority === priority) return found;
    const lane = new Lane<Member>(priority);
    // A new array: visit() may be on its way through the old one.
    this.lanes = this.lanes.toSpliced(at === -1 ? this.lanes.length : at, 0, lane);
    return lane;
  }
}

/** Members by the version they have reached: few versions, however many members, so that the oldest is found at once. */
class Lane<Member> {
  readonly waiting = new Set<Member>();
  private readonly held = new Map<Member, ConfigSnapshot>();
  private readonly reached = new Map<ConfigSnapshot, number>();

  constructor(readonly priority: number) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0 && this.held.size === 0;
  }

  hold(member: Member, reached: ConfigSnapshot | undefined): void {
    this.release(member);
    if (reached === undefined) return;
    this.held.set(member, reached);
    this.reached.set(reached, (this.reached.get(reached) ?? 0) + 1);
  }

  /** Whether it was the last that had reached no more than its version. */
  release(member: Member): boolean {
    const reached = this.held.get(member);
    if (reached === undefined) return false;
    this.held.delete(member);
    const others = this.reached.get(reached)! - 1; // counted by hold()
    if (others > 0) this.reached.set(reached, others);
    else this.reached.delete(reached);
    return others === 0;
  }

  /** The oldest snapshot a member has reached, or `limit` where that is older. */
  oldest(limit: ConfigSnapshot): ConfigSnapshot {
    let oldest = limit;
    for (const snapshot of this.reached.keys()) if (snapshot.version < oldest.version) oldest = snapshot;
    return oldest;
  }
}
