import { Afterthoughts } from './afterthoughts.js';
import { Burst, type QuietOptions } from './burst.js';
import { sameFingerprint, type FileState, type Fingerprint } from './fingerprint.js';
import { OneAtATime } from './one-at-a-time.js';

/** What settles. */
export interface Restless {
  /** Looks at it. Never rejects. */
  look(): Promise<Fingerprint>;
  /** It may have changed and has come to rest; `announced` unless a look found what no event had told of. */
  settled(announced: boolean): void;
}

export interface SettlingOptions extends QuietOptions {
  readonly maxWait: number;
}

/** Tells which of these files, by their inode, somebody has open for writing. */
export type FindWriters = (files: readonly FileState[]) => Promise<ReadonlySet<string>>;

/** Where a suspicion comes from that is no event of the target itself. */
export type Suspicion = 'new watch' | 'poll' | 'audit';

/** How often, in ms, a file held open by a writer is asked about; a shorter `debounce` makes it shorter. */
const WRITER_RECHECK = 50;
/** What a look may take, in ms, when there is no time left to wait. */
const LOOK_GRACE = 100;

interface Tracked {
  readonly target: Restless;
  readonly looking: OneAtATime<{ fingerprint: Fingerprint; at: number }>;
  /** What was there when it was last at rest. */
  rest: Fingerprint;
  burst: Burst | undefined;
}

/**
 * Decides when changes are over. Events are hints: what counts is what looks see, and that it stays the same. Whatever
 * changes together settles together, in one synchronous round.
 */
export class Settling {
  readonly #tracked = new Map<Restless, Tracked>();
  readonly #pending = new Set<Tracked>();
  readonly #afterthoughts: Afterthoughts<Tracked>;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;
  #roundStartedAt = 0;
  #heldUntil = 0;
  #concluding = false;

  constructor(
    readonly options: SettlingOptions,
    readonly findWriters: FindWriters,
  ) {
    this.#afterthoughts = new Afterthoughts(options.debounce, ({ target, burst }) => {
      if (!burst) void this.suspect(target, 'audit');
    });
  }

  /** Begins with a target, at rest as it was seen. */
  track(target: Restless, rest: Fingerprint): void {
    const look = async () => {
      const at = performance.now();
      return { fingerprint: await target.look(), at };
    };
    this.#tracked.set(target, { target, rest, burst: undefined, looking: new OneAtATime(look) });
  }

  untrack(target: Restless): void {
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
  hint(target: Restless, written: boolean): void {
    const tracked = this.#tracked.get(target);
    if (!tracked) return;
    this.#burstOf(tracked).hint(performance.now(), written);
    this.#arm();
    void this.#look(tracked);
  }

  /** An event next to the target: it matters only where a change is on the way. */
  neighbour(target: Restless): void {
    this.#tracked.get(target)?.burst?.neighbour(performance.now());
  }

  /** Looks at the target, and settles it anew only if it is not as it was. */
  async suspect(target: Restless, suspicion: Suspicion): Promise<void> {
    const tracked = this.#tracked.get(target);
    if (tracked) await this.#look(tracked, suspicion);
  }

  async #look(tracked: Tracked, suspicion?: Suspicion): Promise<void> {
    const { fingerprint, at } = await tracked.looking.run();
    if (this.#tracked.get(tracked.target) !== tracked) return;
    if (!tracked.burst && sameFingerprint(fingerprint, tracked.rest)) return;
    const isNew = !tracked.burst;
    const burst = this.#burstOf(tracked);
    burst.saw(fingerprint, at);
    if (isNew) {
      burst.announced = suspicion !== 'audit';
      // Nobody told how it changed.
      if (suspicion !== 'new watch') burst.assumeWrittenInPlace();
    }
    this.#arm();
  }

  #burstOf(tracked: Tracked): Burst {
    if (tracked.burst) return tracked.burst;
    const now = performance.now();
    if (this.#pending.size === 0) this.#roundStartedAt = now;
    this.#pending.add(tracked);
    return (tracked.burst = new Burst(this.options, tracked.rest, now));
  }

  /** When the round is over, as far as is known now. */
  #dueAt(): number {
    let due = this.#heldUntil;
    for (const { burst } of this.#pending) due = Math.max(due, burst?.quietAt() ?? 0);
    return Math.min(due, this.#deadline());
  }

  #deadline(): number {
    return this.#roundStartedAt + this.options.maxWait;
  }

  /** Sets the timer unless one will fire early enough: in a storm of hints a timer for each would be dear. */
  #arm(): void {
    if (this.#concluding || this.#pending.size === 0) return;
    const due = this.#dueAt();
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => void this.#conclude(), Math.ceil(due - performance.now()));
    this.#timer.unref();
  }

  async #conclude(): Promise<void> {
    this.#timerDue = Infinity;
    if (performance.now() >= this.#dueAt()) {
      this.#concluding = true;
      if (await this.#isOver()) this.#settle();
      this.#concluding = false;
    }
    this.#arm();
  }

  async #isOver(): Promise<boolean> {
    const round = [...this.#pending];
    // The look takes the event loop through its poll phase too, so hints that a stalled process left queued come in.
    await this.#beforeDeadline(Promise.all(round.map((tracked) => this.#look(tracked))));
    if (performance.now() < this.#dueAt()) return false;

    const suspects = round.flatMap((tracked) => tracked.burst?.suspects() ?? []);
    if (suspects.length === 0 || performance.now() >= this.#deadline()) return true;
    const written = await this.findWriters(suspects);
    if (written.size > 0)
      this.#heldUntil = performance.now() + Math.min(WRITER_RECHECK, this.options.debounce || 10);
    return performance.now() >= this.#dueAt();
  }

  /** A look may hang, on a dead network mount: that must not hold up the others for ever. */
  async #beforeDeadline(looks: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.max(LOOK_GRACE, Math.ceil(this.#deadline() - performance.now())));
      timer.unref();
    });
    await Promise.race([looks, deadline]);
    clearTimeout(timer);
  }

  #settle(): void {
    const round = [...this.#pending];
    if (round.length === 0) return;
    this.#pending.clear();
    this.#heldUntil = 0;
    const announced = round.map((tracked) => tracked.burst?.announced ?? true);
    for (const tracked of round) {
      tracked.rest = tracked.burst?.seen ?? tracked.rest;
      tracked.burst = undefined;
    }
    round.forEach((tracked, index) => tracked.target.settled(announced[index] ?? true));
    this.#afterthoughts.schedule(round);
  }
}
