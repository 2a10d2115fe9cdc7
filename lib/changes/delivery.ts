import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { Backlog, type Step } from './backlog.js';
import type { Change } from '../model/change.interface.js';
import type { HandlerCall } from './dispatch-observer.interface.js';
import type { HandlerReporter } from './handler-reporter.js';
import { HandlerRun, type RunOutcome } from './handler-run.js';
import { selectChanges, type Pattern } from '../patterns/pattern.js';
import type { PriorityLanes } from './priority-lanes.js';
import type { SubscribeOptions } from './subscribe-options.js';
import type { ChangeHandler } from './subscription.js';

/** The longest wait before a retry. */
const LONGEST_BACKOFF = 30_000;

/** Who is called, and how. */
export interface Recipient {
  readonly label: string;
  readonly patterns: readonly Pattern[];
  readonly handler: ChangeHandler;
  readonly options: Required<SubscribeOptions>;
}

/** What a delivery needs of its dispatcher. */
export interface DeliveryContext {
  readonly lanes: PriorityLanes<Delivery>;
  readonly reporter: HandlerReporter;
  runWith<R>(snapshot: ConfigSnapshot, fn: () => R): R;
  /** The delivery has something to do, or nothing any more. */
  busy(delivery: Delivery, busy: boolean): void;
}

/** Everything that differs between two snapshots. */
export type Between = (previous: ConfigSnapshot, current: ConfigSnapshot) => readonly Change[];

/**
 * Brings changes to one handler: idle → (debouncing) → in line → running → idle, or backing off before a retry. While
 * it is anything but idle a backlog collects what comes; idle, it holds no snapshot.
 */
export class Delivery {
  private backlog: Backlog | undefined;
  private run: HandlerRun | undefined;
  /** Runs while it debounces or backs off; never both, as newer content ends a backoff. */
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private cancelled = false;

  constructor(
    readonly recipient: Recipient,
    private readonly context: DeliveryContext,
  ) {}

  get priority(): number {
    return this.recipient.options.priority;
  }

  /** A commit that concerns the handler. */
  note(commit: Step): void {
    this.context.busy(this, true);
    if (this.backlog === undefined) this.backlog = Backlog.after(commit);
    else this.backlog.add(commit);
    if (this.failures > 0) this.overtakeRetry(this.backlog);
    if (!this.backlog.due) this.debounce(this.backlog);
  }

  /** Its turn to be called with `limit`, the newest snapshot its priority may see. It stays in line where that is old. */
  takeTurn(limit: ConfigSnapshot, between: Between): void {
    const backlog = this.backlog;
    if (backlog === undefined || !backlog.canReach(limit)) return;
    const step = this.stepTo(limit, backlog, between);
    this.backlog = backlog.rest(limit);
    if (step === undefined) this.moveOn();
    else this.call(step);
  }

  /** No call begins from now on. */
  cancel(): void {
    this.cancelled = true;
    this.backlog = undefined;
    clearTimeout(this.timer);
    if (this.run === undefined) this.moveOn();
  }

  /** Tells a running handler to stop, too. */
  abort(): void {
    this.cancel();
    this.run?.abort();
  }

  private debounce(backlog: Backlog): void {
    const { debounce, maxBatch } = this.recipient.options;
    if (debounce === 0 || backlog.commits >= maxBatch) this.becomeDue(backlog);
    else this.wait(debounce, () => this.becomeDue(backlog));
  }

  private becomeDue(backlog: Backlog): void {
    clearTimeout(this.timer);
    backlog.due = true;
    // A handler that runs lines up when it has ended.
    if (this.run === undefined) this.lineUp(backlog);
  }

  /** Newer content behind a retry holds lower priorities back, though the retry itself does not. */
  private overtakeRetry(backlog: Backlog): void {
    if (this.run !== undefined) return this.context.lanes.hold(this, backlog.reached);
    clearTimeout(this.timer);
    this.failures = 0;
    this.context.lanes.leave(this);
    backlog.startOver();
  }

  /** A retry holds nobody back: that the handler failed is all that lower priorities had to wait for. */
  private lineUp(backlog: Backlog): void {
    this.context.lanes.lineUp(this, this.failures > 0 ? undefined : backlog.reached);
  }

  private stepTo(limit: ConfigSnapshot, backlog: Backlog, between: Between): Step | undefined {
    const { patterns } = this.recipient;
    try {
      return backlog.stepTo(limit, (previous, current) =>
        selectChanges(patterns, between(previous, current)),
      );
    } catch (error) {
      // Two trees that cannot be compared, as where a getter of a schema throws: there is nothing to tell of them.
      this.context.reporter.ended(this.describe(limit), { kind: 'failed', durationMs: 0, error }, false);
      return undefined;
    }
  }

  private call(step: Step): void {
    const { handler, options } = this.recipient;
    this.context.lanes.begin(this);
    const call = this.describe(step.current);
    this.context.reporter.began(call);
    const run = (this.run = new HandlerRun((outcome) => this.end(step, call, outcome)));
    const { previous, current, changes } = step;
    const event = Object.freeze({
      changes: Object.freeze(changes),
      previous,
      current,
      cause: current.cause,
      get signal() {
        return run.signal;
      },
    });
    run.start(() => this.context.runWith(current, () => handler(event)), options.timeout);
  }

  private end(step: Step, call: HandlerCall, outcome: RunOutcome): void {
    const willRetry =
      outcome.kind !== 'finished' && !this.cancelled && this.failures < this.recipient.options.retries;
    this.run = undefined;
    this.context.lanes.leave(this);
    this.context.reporter.ended(call, outcome, willRetry);
    if (willRetry) this.retry(step);
    else this.failures = 0;
    this.moveOn();
  }

  private retry(step: Step): void {
    if (this.backlog !== undefined) {
      this.backlog.resumeFrom(step);
      this.failures = 0;
      return;
    }
    const backlog = (this.backlog = Backlog.toRetry(step));
    const delay = Math.min(this.recipient.options.retryDelay * 2 ** this.failures, LONGEST_BACKOFF);
    this.failures += 1;
    this.wait(delay, () => this.lineUp(backlog));
  }

  /** What comes after a call, or in place of one that had nothing to tell. */
  private moveOn(): void {
    if (this.backlog === undefined) {
      this.context.lanes.leave(this);
      this.context.busy(this, false);
    } else if (this.backlog.due && this.failures === 0) {
      this.lineUp(this.backlog);
    }
  }

  private wait(delay: number, then: () => void): void {
    clearTimeout(this.timer);
    // Not a reason to keep a process alive.
    this.timer = setTimeout(then, delay).unref();
  }

  private describe(snapshot: ConfigSnapshot): HandlerCall {
    return {
      label: this.recipient.label,
      version: snapshot.version,
      priority: this.priority,
      attempt: this.failures + 1,
    };
  }
}
