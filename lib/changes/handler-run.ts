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
  private readonly startedAt = performance.now();
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(private readonly onEnd: (outcome: RunOutcome) => void) {}

  /** Tells the handler to stop. Made when it is first asked for: most handlers never look at it. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /**
   * Calls the handler. One that returns no promise has ended when this returns, and needs no timer: nothing can stop
   * it meanwhile.
   */
  start(call: () => unknown, timeoutMs: number): void {
    try {
      const result = call();
      if (!isThenable(result)) return this.finish();
      const left = Math.max(0, timeoutMs - this.elapsed);
      this.timer = setTimeout(() => this.giveUp(timeoutMs), left).unref();
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
    this.aborter.abort(new DOMException('The configuration module is closing', 'AbortError'));
  }

  private get aborter(): AbortController {
    return (this.controller ??= new AbortController());
  }

  private get elapsed(): number {
    return performance.now() - this.startedAt;
  }

  private giveUp(timeoutMs: number): void {
    this.aborter.abort(new DOMException(`The handler took longer than ${timeoutMs} ms`, 'TimeoutError'));
    this.end({ kind: 'timed-out', timeoutMs });
  }

  private finish(): void {
    this.end({ kind: 'finished', durationMs: this.elapsed });
  }

  private fail(error: unknown): void {
    if (this.obeyed(error)) return this.finish();
    this.end({ kind: 'failed', durationMs: this.elapsed, error });
  }

  /** To stop when told so at shutdown is no failure. Node's own AbortErrors carry the reason as their cause. */
  private obeyed(error: unknown): boolean {
    if (this.controller === undefined) return false;
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
