import { Rechecks } from './rechecks.js';
import { Burst, type QuietOptions } from './burst.js';
import { sameFingerprint, type FileStamp, type Fingerprint } from './fingerprint.js';
import { CoalescedTask } from './coalesced-task.js';
import type { SettleTarget } from './settle-target.interface.js';
import type { WriteActivity } from './write-activity.interface.js';
import { waitAtMost } from '../util/timeouts.js';

export interface SettlingOptions extends QuietOptions {
  readonly maxWait: number;
}

/** Tells which of these files, by their inode, somebody has open for writing. */
export type FindWriters = (files: readonly FileStamp[]) => Promise<ReadonlySet<string>>;

/** Where a suspicion comes from that is no event of the target itself. */
export type Suspicion = 'new watch' | 'poll' | 'audit';

/** How often, in ms, a file held open by a writer is asked about; a shorter `debounce` makes it shorter. */
const WRITER_RECHECK = 50;
/** Of a target with more files than this, the looks at the first hint and at the end have to do. */
const MANY = 100;
/** What a look may take, in ms, when there is no time left to wait. */
const LOOK_GRACE = 100;

interface Tracked {
  readonly target: SettleTarget;
  readonly looking: CoalescedTask<{ fingerprint: Fingerprint; at: number }>;
  /** What was there when it was last at rest. */
  rest: Fingerprint;
}

/**
 * Decides when changes are over. Events are hints: what counts is what looks see, and that it stays the same. Whatever
 * changes together settles together, in one synchronous round.
 */
export class Settling {
  readonly #tracked = new Map<SettleTarget, Tracked>();
  readonly #pending = new Map<Tracked, Burst>();
  readonly #afterthoughts: Rechecks<Tracked>;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;
  #concluding = false;
  #begun = 0;

  constructor(
    readonly options: SettlingOptions,
    readonly findWriters: FindWriters,
  ) {
    this.#afterthoughts = new Rechecks(options.debounce, (tracked) => {
      if (!this.#pending.has(tracked)) void this.suspect(tracked.target, 'audit');
    });
  }

  get writeActivity(): WriteActivity {
    return { started: this.#begun, inProgress: this.#pending.size > 0 };
  }

  /** Begins with a target, at rest as it was seen. */
  track(target: SettleTarget, rest: Fingerprint): void {
    const look = async () => {
      const at = performance.now();
      return { fingerprint: await target.look(), at };
    };
    this.#tracked.set(target, { target, rest, looking: new CoalescedTask(look) });
  }

  untrack(target: SettleTarget): void {
    const tracked = this.#tracked.get(target);
    if (!tracked) return;
    this.#tracked.delete(target);
    this.#pending.delete(tracked);
  }

  close(): void {
    this.#tracked.clear();
    this.#pending.clear();
    clearTimeout(this.#timer);
    this.#afterthoughts.close();
  }

  /** An event at the target: it settles anew, even where no look sees a difference, since a reader may have seen one. */
  hint(target: SettleTarget, written: boolean): void {
    const tracked = this.#tracked.get(target);
    if (!tracked) return;
    const isFirst = !this.#pending.has(tracked);
    const burst = this.#pending.get(tracked) ?? this.#begin(tracked);
    burst.hint(performance.now(), written);
    this.#arm();
    if (isFirst || tracked.rest.size <= MANY) void this.#look(tracked);
  }

  /** An event next to the target: it matters only where a change is on the way. */
  neighbour(target: SettleTarget): void {
    const tracked = this.#tracked.get(target);
    if (tracked) this.#pending.get(tracked)?.neighbour(performance.now());
  }

  /** Looks at the target, and settles it anew only if it is not as it was. */
  async suspect(target: SettleTarget, suspicion: Suspicion): Promise<void> {
    const tracked = this.#tracked.get(target);
    if (tracked) await this.#look(tracked, suspicion);
  }

  async #look(tracked: Tracked, suspicion?: Suspicion): Promise<void> {
    const { fingerprint, at } = await tracked.looking.run();
    if (this.#tracked.get(tracked.target) !== tracked) return;
    let burst = this.#pending.get(tracked);
    if (!burst) {
      if (sameFingerprint(fingerprint, tracked.rest)) return;
      burst = this.#begin(tracked);
      burst.announced = suspicion !== 'audit';
      // Nobody told how it changed.
      if (suspicion !== 'new watch') burst.assumeWrittenInPlace();
    }
    burst.saw(fingerprint, at);
    this.#arm();
  }

  #begin(tracked: Tracked): Burst {
    const burst = new Burst(this.options, tracked.rest, performance.now());
    this.#pending.set(tracked, burst);
    this.#begun += 1;
    return burst;
  }

  /** When something settles, as far as is known now: all at once, but no later than any of them may wait. */
  #dueAt(): number {
    const pending = [...this.#pending.values()];
    const complete = this.#isComplete();
    const quiet = Math.max(...pending.map((burst) => burst.quietAt(complete)));
    return Math.min(quiet, ...pending.map((burst) => this.#deadlineOf(burst)));
  }

  /** Whether everything that is watched has changed already, so that there is nobody to wait for. */
  #isComplete(): boolean {
    if (this.#pending.size < this.#tracked.size) return false;
    return [...this.#pending].every(([{ target }, burst]) => target.isOneFile && burst.isReplacement());
  }

  /** After `maxWait` a moment of calm without a writer will do; after as long again, any moment. */
  #deadlineOf(burst: Burst): number {
    const { maxWait } = this.options;
    return burst.startedAt + Math.min(Math.max(maxWait, burst.calmAt() - burst.startedAt), 2 * maxWait);
  }

  /** Sets the timer unless one will fire early enough: in a storm of hints a timer for each would be dear. */
  #arm(): void {
    if (this.#concluding || this.#pending.size === 0) return;
    const due = this.#dueAt();
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    const wait = due - performance.now();
    if (wait <= 0) return void this.#conclude();
    this.#timerDue = due;
    this.#timer = setTimeout(() => void this.#conclude(), Math.ceil(wait));
    this.#timer.unref();
  }

  async #conclude(): Promise<void> {
    this.#timerDue = Infinity;
    this.#concluding = true;
    if (await this.#isOver()) this.#settle();
    this.#concluding = false;
    this.#arm();
  }

  /**
   * Each step takes a while, in which hints may put off the end. Then all of them are taken again: the end may come
   * nearer with the clock alone, and to settle after a part of them only would be to read what is being written.
   */
  async #isOver(): Promise<boolean> {
    if (!this.#isDue()) return false; // a timer may fire a little early
    await this.#lookAtPending();
    if (!this.#isDue()) return false;
    await this.#holdWhatIsBeingWritten();
    if (!this.#isDue()) return false;
    // Finding writers took some ms, too: with this look there is next to no time in which a writer can begin unnoticed.
    await this.#lookAtPending();
    return this.#isDue();
  }

  #isDue(): boolean {
    return this.#pending.size > 0 && performance.now() >= this.#dueAt();
  }

  /**
   * The look takes the event loop through its poll phase too, so that hints which a stalled process left queued come in.
   * It may hang, on a dead network mount: that must not hold up the others for ever.
   */
  async #lookAtPending(): Promise<void> {
    const looks = [...this.#pending.keys()].map((tracked) => this.#look(tracked));
    const deadline = Math.min(
      ...[...this.#pending.values()].map((burst) => burst.startedAt + this.options.maxWait),
    );
    await waitAtMost(Math.max(LOOK_GRACE, deadline - performance.now()), Promise.all(looks));
  }

  async #holdWhatIsBeingWritten(): Promise<void> {
    const suspects = [...this.#pending.values()].flatMap((burst) => burst.suspects());
    if (suspects.length === 0) return;
    const written = await this.findWriters(suspects);
    if (written.size === 0) return;
    const until = performance.now() + Math.min(WRITER_RECHECK, this.options.debounce || 10);
    for (const burst of this.#pending.values()) {
      if (burst.suspects().some((file) => written.has(file.inode))) burst.hold(until);
    }
  }

  #settle(): void {
    const now = performance.now();
    // Where one may not wait any longer, those that have just begun to change go on waiting without it.
    const complete = this.#isComplete();
    const round = [...this.#pending].filter(
      ([, burst]) => burst.quietAt(complete) <= now || this.#deadlineOf(burst) <= now,
    );
    for (const [tracked, burst] of round) {
      this.#pending.delete(tracked);
      tracked.rest = burst.seen;
    }
    for (const [tracked, burst] of round) tracked.target.settled(burst.announced);
    this.#afterthoughts.schedule(round.map(([tracked]) => tracked));
  }
}
