import { CoalescedTask } from './coalesced-task.js';
import { DebouncedChange, type DebounceOptions } from './quiet-period.js';
import { sameFingerprint, type FileStamp, type Fingerprint } from './fingerprint.js';
import { Rechecks } from './rechecks.js';
import { waitAtMost } from '../util/timeouts.js';

export interface SettleOptions extends DebounceOptions {
  readonly maxWait: number;
}

/** Returns the inodes of those of the files that a process has open for writing. */
export type FindWriters = (files: readonly FileStamp[]) => Promise<ReadonlySet<string>>;

/** The reason to check a target without an event for it. */
export type CheckReason = 'new watch' | 'poll' | 'safety check';

export interface SettleTarget {
  /** `true` for a single file, `false` for a directory, whose other files may change next. */
  readonly isOneFile: boolean;
  /** Never rejects. May look only at what events have named, unless `lookAtAll` was called before. */
  scan(): Promise<Fingerprint>;
  /** The next scan is not because of an event: it looks at everything. */
  lookAtAll?(): void;
  /** Called when the target may have changed and has settled; `announced` is `false` if no event reported the change. */
  settled(announced: boolean): void;
}

/**
 * Shows whether files are being changed. What is read while a change is in progress, or while one starts, may be
 * incomplete: an editor's save, a writer that pauses, one of several files that belong together.
 */
export interface WriteActivity {
  /** The number of changes that have started so far. */
  readonly started: number;
  /** `true` if one of them has not settled yet. */
  readonly inProgress: boolean;
  /**
   * The time that changes which have settled, and which no reload has read, may wait for others, in ms: the part of
   * `maxWait` that they have not waited for already. `maxWait` if there are none.
   */
  readonly patience: number;
  /** Says that a reload reads all changes that have settled. */
  startReading(): void;
}

/** Interval at which a file that is open for writing is checked again, in ms. A shorter `debounce` makes it shorter. */
const WRITER_RECHECK = 50;
/** A target with more files is scanned at the first event and at the end only, not at each event. */
const MANY_FILES = 100;
/** Time for a scan once `maxWait` has passed, in ms. */
const SCAN_GRACE = 100;
/** The last part of `maxWait`, in which a moment without a write is enough: at its end, any moment is. */
const LAST_PART = 0.1;

interface Tracked {
  readonly target: SettleTarget;
  readonly scan: CoalescedTask<{ fingerprint: Fingerprint; at: number }>;
  /** The fingerprint when the target had last settled. */
  lastSettled: Fingerprint;
}

/**
 * Decides when changes have settled. Events are hints: a target has settled when scans find the same again. Targets that
 * change at the same time settle together, in one synchronous round.
 */
export class SettleTracker {
  readonly #tracked = new Map<SettleTarget, Tracked>();
  readonly #pending = new Map<Tracked, DebouncedChange>();
  readonly #rechecks: Rechecks<Tracked>;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;
  #concluding = false;
  #started = 0;
  #patience: number;

  constructor(
    readonly options: SettleOptions,
    readonly findWriters: FindWriters,
  ) {
    this.#patience = options.maxWait;
    this.#rechecks = new Rechecks(options.debounce, (tracked, isLast) => {
      // The reload looks at all of many files, too, at about the time of the first check.
      if (!isLast && tracked.lastSettled.size > MANY_FILES) return;
      if (!this.#pending.has(tracked)) void this.check(tracked.target, 'safety check');
    });
  }

  get writeActivity(): WriteActivity {
    return {
      started: this.#started,
      inProgress: this.#pending.size > 0,
      patience: this.#patience,
      startReading: () => {
        this.#patience = this.options.maxWait;
      },
    };
  }

  /** Starts to track a target that is settled with this fingerprint. */
  track(target: SettleTarget, lastSettled: Fingerprint): void {
    const scan = async () => {
      const at = performance.now();
      return { fingerprint: await target.scan(), at };
    };
    this.#tracked.set(target, { target, lastSettled, scan: new CoalescedTask(scan) });
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
    this.#rechecks.close();
  }

  /**
   * Reports an event at the target. It settles again even if no scan finds a difference, since a reader may have seen
   * one. `inPlace`: the content of a file was written; otherwise a name changed.
   */
  noteEvent(target: SettleTarget, inPlace: boolean): void {
    const tracked = this.#tracked.get(target);
    if (!tracked) return;
    const isFirst = !this.#pending.has(tracked);
    const change = this.#pending.get(tracked) ?? this.#start(tracked);
    change.noteEvent(performance.now(), inPlace);
    this.#arm();
    if (isFirst || tracked.lastSettled.size <= MANY_FILES) void this.#scan(tracked);
  }

  /** Reports an event next to the target: it matters only while a change is in progress. */
  noteNeighborEvent(target: SettleTarget): void {
    const tracked = this.#tracked.get(target);
    if (tracked) this.#pending.get(tracked)?.noteNeighborEvent(performance.now());
  }

  /** Scans the target, which settles again only if it differs. */
  async check(target: SettleTarget, reason: CheckReason): Promise<void> {
    const tracked = this.#tracked.get(target);
    target.lookAtAll?.();
    if (tracked) await this.#scan(tracked, reason);
  }

  async #scan(tracked: Tracked, reason?: CheckReason): Promise<void> {
    const { fingerprint, at } = await tracked.scan.run();
    if (this.#tracked.get(tracked.target) !== tracked) return;
    let change = this.#pending.get(tracked);
    if (!change) {
      if (sameFingerprint(fingerprint, tracked.lastSettled)) return;
      change = this.#start(tracked);
      change.announced = reason !== 'safety check';
      // No event shows how it was changed.
      if (reason !== 'new watch') change.assumeWrittenInPlace();
    }
    change.noteScan(fingerprint, at);
    this.#arm();
  }

  #start(tracked: Tracked): DebouncedChange {
    const change = new DebouncedChange(this.options, tracked.lastSettled, performance.now());
    this.#pending.set(tracked, change);
    this.#started += 1;
    return change;
  }

  /** Returns the time of the next round, as known now: when all have settled, or at the first deadline. */
  #dueAt(): number {
    const pending = [...this.#pending.values()];
    const allReplaced = this.#isAllReplaced();
    const settled = Math.max(...pending.map((change) => change.settlesAt(allReplaced)));
    return Math.min(settled, ...pending.map((change) => this.#deadlineOf(change)));
  }

  /** Checks whether all that is watched has been replaced, so that there is no other change to wait for. */
  #isAllReplaced(): boolean {
    if (this.#pending.size < this.#tracked.size) return false;
    return [...this.#pending].every(([{ target }, change]) => target.isOneFile && change.isReplacement());
  }

  /** Shortly before `maxWait` ends, a moment without a write or a writer is enough; at its end, any moment. */
  #deadlineOf(change: DebouncedChange): number {
    const { maxWait } = this.options;
    const lastPart = change.startedAt + maxWait * (1 - LAST_PART);
    return Math.min(Math.max(lastPart, change.minimalQuietAt()), change.startedAt + maxWait);
  }

  /** Sets the timer unless one fires early enough: a timer for each of many events would be expensive. */
  #arm(): void {
    if (this.#concluding || this.#pending.size === 0) return;
    const due = this.#dueAt();
    if (due >= this.#timerDue) return;
    clearTimeout(this.#timer);
    const wait = due - performance.now();
    if (wait <= 0) return void this.#conclude();
    this.#timerDue = due;
    this.#timer = setTimeout(() => void this.#conclude(), Math.ceil(wait)).unref();
  }

  async #conclude(): Promise<void> {
    this.#timerDue = Infinity;
    this.#concluding = true;
    if (await this.#haveSettled()) this.#settle();
    this.#concluding = false;
    this.#arm();
  }

  /**
   * Checks in steps whether the changes have settled. Each step takes a while, and an event meanwhile may delay the end.
   * All steps are repeated then: a change that settles after only some of them may be a half-written file.
   */
  async #haveSettled(): Promise<boolean> {
    if (!this.#isDue()) return false; // a timer may fire a little early
    await this.#scanPending();
    if (!this.#isDue()) return false;
    await this.#holdWhatIsBeingWritten();
    if (!this.#isDue()) return false;
    // Finding writers took some ms, too: after this scan there is next to no time in which a writer can start unnoticed.
    await this.#scanPending();
    return this.#isDue();
  }

  #isDue(): boolean {
    return this.#pending.size > 0 && performance.now() >= this.#dueAt();
  }

  /**
   * Scans all changing targets. Meanwhile the event loop delivers events that were queued while the process was blocked.
   * A scan may hang on a dead network mount, which must not block the other targets for ever.
   */
  async #scanPending(): Promise<void> {
    const scans = [...this.#pending.keys()].map((tracked) => this.#scan(tracked));
    const deadline = Math.min(
      ...[...this.#pending.values()].map((change) => change.startedAt + this.options.maxWait),
    );
    await waitAtMost(Math.max(SCAN_GRACE, deadline - performance.now()), Promise.all(scans));
  }

  async #holdWhatIsBeingWritten(): Promise<void> {
    const inDoubt = [...this.#pending.values()].flatMap((change) => change.filesInDoubt());
    if (inDoubt.length === 0) return;
    const written = await this.findWriters(inDoubt);
    if (written.size === 0) return;
    const until = performance.now() + Math.min(WRITER_RECHECK, this.options.debounce || 10);
    for (const change of this.#pending.values()) {
      if (change.filesInDoubt().some((file) => written.has(file.inode))) change.holdUntil(until);
    }
  }

  #settle(): void {
    const now = performance.now();
    // If the deadline of one change has passed, changes that have only just started continue to wait.
    const allReplaced = this.#isAllReplaced();
    const round = [...this.#pending].filter(
      ([, change]) => change.settlesAt(allReplaced) <= now || this.#deadlineOf(change) <= now,
    );
    for (const [tracked, change] of round) {
      this.#pending.delete(tracked);
      tracked.lastSettled = change.latest;
      const left = Math.max(0, change.startedAt + this.options.maxWait - now);
      this.#patience = Math.min(this.#patience, left);
    }
    for (const [tracked, change] of round) tracked.target.settled(change.announced);
    this.#rechecks.schedule(round.map(([tracked]) => tracked));
  }
}
