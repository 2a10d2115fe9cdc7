import { AppCall } from '../model/app-call.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { selectChanges, type Pattern } from '../patterns/pattern.js';
import { HandlerCall, type CallOutcome } from './handler-call.js';
import type { CallInfo, HandlerEvent } from './handler-event.js';
import { PendingChanges, type CompareSnapshots, type SnapshotDiff } from './pending-changes.js';
import type { PriorityOrder } from './priority-order.js';
import type { ChangeHandler, SubscribeOptions } from './subscribe-options.js';

/** The longest delay before a retry, in ms. */
const LONGEST_RETRY_DELAY = 30_000;

/** A handler, the changes it is called for, and the options of its calls. */
export interface HandlerDefinition {
  readonly label: string;
  readonly patterns: readonly Pattern[];
  readonly handler: ChangeHandler;
  readonly options: Required<SubscribeOptions>;
}

/** The parts of the dispatcher that a delivery uses. */
export interface HandlerDeliveryContext {
  readonly order: PriorityOrder<HandlerDelivery>;
  emit(event: HandlerEvent): void;
  runWith<R>(snapshot: ConfigSnapshot, fn: () => R, call: AppCall): R;
  /** Called when the delivery gets something to do, or has nothing left to do. */
  setBusy(delivery: HandlerDelivery, isBusy: boolean): void;
}

/**
 * Delivers changes to one handler, with its retries: idle → (debouncing) → queued → running → idle, or waiting before a retry. In every
 * state but idle it collects further commits; idle, it holds no snapshot.
 */
export class HandlerDelivery {
  private pending: PendingChanges | undefined;
  private call: HandlerCall | undefined;
  /** Runs while it debounces or waits before a retry; never both, as newer content replaces a retry. */
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private isCancelled = false;

  constructor(
    readonly definition: HandlerDefinition,
    private readonly context: HandlerDeliveryContext,
  ) {}

  get priority(): number {
    return this.definition.options.priority;
  }

  /** Collects a commit that concerns the handler. */
  addCommit(commit: SnapshotDiff): void {
    this.context.setBusy(this, true);
    if (this.pending === undefined) this.pending = PendingChanges.fromCommit(commit);
    else this.pending.addCommit(commit);
    if (this.failures > 0) this.replaceRetry(this.pending);
    if (!this.pending.isDue) this.debounce(this.pending);
  }

  /**
   * Calls the handler with `limit`, the newest snapshot that its priority may see. If that is too old, it stays queued.
   */
  takeTurn(limit: ConfigSnapshot, compare: CompareSnapshots): void {
    const pending = this.pending;
    if (pending === undefined || !pending.canReach(limit)) return;
    const diff = this.diffTo(limit, pending, compare);
    this.pending = pending.remainingAfter(limit);
    if (diff === undefined) this.continue();
    else this.callHandler(diff);
  }

  /** Prevents further calls; one that runs may finish. */
  cancel(): void {
    this.isCancelled = true;
    this.pending = undefined;
    clearTimeout(this.timer);
    if (this.call === undefined) this.continue();
  }

  /** Prevents further calls, and aborts the signal of one that runs. */
  abort(): void {
    this.cancel();
    this.call?.abort();
  }

  private debounce(pending: PendingChanges): void {
    const { debounce, maxBatch } = this.definition.options;
    if (debounce === 0 || pending.commitCount >= maxBatch) this.endDebounce(pending);
    else this.wait(debounce, () => this.endDebounce(pending));
  }

  private endDebounce(pending: PendingChanges): void {
    clearTimeout(this.timer);
    pending.isDue = true;
    // While the handler runs, the end of the call queues it.
    if (this.call === undefined) this.enqueue(pending);
  }

  /** Lower priorities wait for newer content that follows a failed call, though they do not wait for a retry. */
  private replaceRetry(pending: PendingChanges): void {
    if (this.call !== undefined) return this.context.order.holdBack(this, pending.reached);
    clearTimeout(this.timer);
    this.failures = 0;
    this.context.order.leave(this);
    pending.restartDebounce();
  }

  /** Lower priorities do not wait for a retry: they have waited for the first attempt. */
  private enqueue(pending: PendingChanges): void {
    this.context.order.enqueue(this, this.failures > 0 ? undefined : pending.reached);
  }

  private diffTo(
    limit: ConfigSnapshot,
    pending: PendingChanges,
    compare: CompareSnapshots,
  ): SnapshotDiff | undefined {
    const { patterns } = this.definition;
    try {
      return pending.diffTo(limit, (previous, current) =>
        selectChanges(patterns, compare(previous, current)),
      );
    } catch (error) {
      // Trees that cannot be compared, for example because a getter of a schema throws: there is nothing to call with.
      this.context.emit({
        ...this.infoFor(limit),
        kind: 'failed',
        durationMs: 0,
        error,
        willRetry: false,
      });
      return undefined;
    }
  }

  private callHandler(diff: SnapshotDiff): void {
    const { handler, options } = this.definition;
    this.context.order.start(this);
    const info = this.infoFor(diff.current);
    if (info.attempt > 1) this.context.emit({ ...info, kind: 'retry-started' });
    const appCall = new AppCall(info.label, ['settled'], diff.chain);
    const call = (this.call = new HandlerCall((outcome) => {
      appCall.end();
      this.endCall(diff, info, outcome);
    }));
    const { previous, current, changes } = diff;
    const event = Object.freeze({
      changes: Object.freeze(changes),
      previous,
      current,
      cause: current.cause,
      get signal() {
        return call.signal;
      },
    });
    call.start(() => this.context.runWith(current, () => handler(event), appCall), options.timeout);
  }

  private endCall(diff: SnapshotDiff, info: CallInfo, outcome: CallOutcome): void {
    const { retries } = this.definition.options;
    const willRetry = outcome.kind !== 'finished' && !this.isCancelled && this.failures < retries;
    this.call = undefined;
    this.context.order.leave(this);
    this.context.emit({ ...info, ...outcome, willRetry });
    if (willRetry) this.retry(diff);
    else this.failures = 0;
    this.continue();
  }

  private retry(failed: SnapshotDiff): void {
    if (this.pending !== undefined) {
      this.pending.includeFailedCall(failed);
      this.failures = 0;
      return;
    }
    const pending = (this.pending = PendingChanges.fromFailedCall(failed));
    const delay = delayBeforeRetry(this.definition.options, this.failures);
    this.failures += 1;
    this.wait(delay, () => this.enqueue(pending));
  }

  /** Continues after a call, or after a turn without changes to report. */
  private continue(): void {
    if (this.pending === undefined) {
      this.context.order.leave(this);
      this.context.setBusy(this, false);
    } else if (this.pending.isDue && this.failures === 0) {
      this.enqueue(this.pending);
    }
  }

  private wait(delay: number, then: () => void): void {
    clearTimeout(this.timer);
    // Unreferenced: it must not keep a process alive.
    this.timer = setTimeout(then, delay).unref();
  }

  private infoFor(snapshot: ConfigSnapshot): CallInfo {
    return {
      label: this.definition.label,
      version: snapshot.version,
      priority: this.priority,
      attempt: this.failures + 1,
    };
  }
}

/** Returns the delay before the retry that follows `failures` earlier retries, in ms. */
function delayBeforeRetry({ retryDelay }: Required<SubscribeOptions>, failures: number): number {
  return Math.min(retryDelay * 2 ** failures, LONGEST_RETRY_DELAY);
}
