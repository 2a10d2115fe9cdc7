import { isThenable } from '../util/is-thenable.js';
import { startTimeout } from '../util/timeouts.js';

/** The end of one call of a handler. */
export type CallOutcome =
  /** `heldMs` is the time until it returned a promise or its end, in ms: the event loop waited for it. */
  | { readonly kind: 'finished'; readonly durationMs: number; readonly heldMs: number }
  /** It threw, or its promise was rejected, with `error`. */
  | { readonly kind: 'failed'; readonly durationMs: number; readonly error: unknown }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number };

/**
 * One call of a handler, with its timeout. It ends exactly once: what the handler does after a timeout changes nothing,
 * and never becomes an unhandled rejection.
 */
export class HandlerCall {
  private readonly startedAt = performance.now();
  private controller: AbortController | undefined;
  private stopTimeout: (() => void) | undefined;
  private heldMs = 0;
  private hasEnded = false;

  constructor(private readonly onEnd: (outcome: CallOutcome) => void) {}

  /** Aborted when the handler should stop. Created at the first access: most handlers never read it. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /**
   * Calls the handler. A handler that returns no promise has ended when this returns, and needs no timer: nothing could
   * stop it meanwhile.
   */
  start(handler: () => unknown, timeoutMs: number): void {
    try {
      const result = handler();
      this.heldMs = this.elapsed;
      if (!isThenable(result)) return this.finish();
      const left = Math.max(0, timeoutMs - this.heldMs);
      this.stopTimeout = startTimeout(left, () => this.timeOut(timeoutMs), false);
      Promise.resolve(result).then(
        () => this.finish(),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Aborts the signal at shutdown. The handler has no timeout from then on. */
  abort(): void {
    this.stopTimeout?.();
    this.aborter.abort(new DOMException('The configuration module is closing', 'AbortError'));
  }

  private get aborter(): AbortController {
    return (this.controller ??= new AbortController());
  }

  private get elapsed(): number {
    return performance.now() - this.startedAt;
  }

  private timeOut(timeoutMs: number): void {
    this.aborter.abort(new DOMException(`The handler took longer than ${timeoutMs} ms`, 'TimeoutError'));
    this.end({ kind: 'timed-out', timeoutMs });
  }

  private finish(): void {
    this.end({ kind: 'finished', durationMs: this.elapsed, heldMs: this.heldMs });
  }

  private fail(error: unknown): void {
    if (this.isAbort(error)) return this.finish();
    this.end({ kind: 'failed', durationMs: this.elapsed, error });
  }

  /** Stopping at shutdown is not a failure. Node's own AbortErrors have the reason of the signal as their cause. */
  private isAbort(error: unknown): boolean {
    if (this.controller === undefined) return false;
    const { aborted, reason } = this.controller.signal;
    return aborted && (error === reason || (error instanceof Error && error.cause === reason));
  }

  private end(outcome: CallOutcome): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.stopTimeout?.();
    this.onEnd(outcome);
  }
}
