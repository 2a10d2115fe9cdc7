/** How one call of a handler ended, or was given up. */
export type RunOutcome =
  | { readonly kind: 'finished'; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly durationMs: number; readonly error: unknown }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number };

/**
 * One call of a handler, within its timeout. It ends exactly once: what a call does after it was given up changes
 * nothing, not even as an unhandled rejection.
 */
export class HandlerRun {
  private readonly controller = new AbortController();
  private readonly startedAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(private readonly onEnd: (outcome: RunOutcome) => void) {}

  /** Calls the handler. A handler that returns no promise has ended when this returns. */
  start(call: (signal: AbortSignal) => unknown, timeoutMs: number): void {
    this.timer = setTimeout(() => this.giveUp(timeoutMs), timeoutMs).unref();
    try {
      const result = call(this.controller.signal);
      if (!isThenable(result)) return this.finish();
      Promise.resolve(result).then(
        () => this.finish(),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Tells the handler to stop, as at shutdown. It may still take its time, with no timeout any more. */
  abort(): void {
    clearTimeout(this.timer);
    this.controller.abort(new DOMException('The configuration module is closing', 'AbortError'));
  }

  private giveUp(timeoutMs: number): void {
    this.controller.abort(new DOMException(`The handler took longer than ${timeoutMs} ms`, 'TimeoutError'));
    this.end({ kind: 'timed-out', timeoutMs });
  }

  private finish(): void {
    this.end({ kind: 'finished', durationMs: performance.now() - this.startedAt });
  }

  private fail(error: unknown): void {
    if (this.obeyed(error)) return this.finish();
    this.end({ kind: 'failed', durationMs: performance.now() - this.startedAt, error });
  }

  /** To stop when told so at shutdown is no failure. Node's own AbortErrors carry the reason as their cause. */
  private obeyed(error: unknown): boolean {
    const { aborted, reason } = this.controller.signal;
    return aborted && (error === reason || (error instanceof Error && error.cause === reason));
  }

  private end(outcome: RunOutcome): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.onEnd(outcome);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
