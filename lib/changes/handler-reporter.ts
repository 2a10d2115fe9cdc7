import type { DispatchObserver, HandlerCall } from './dispatch-observer.interface.js';
import type { RunOutcome } from './handler-run.js';

/** Tells an observer how calls went. An observer that throws is no reason to keep a change from a handler. */
export class HandlerReporter {
  constructor(private readonly observer: DispatchObserver) {}

  began(call: HandlerCall): void {
    if (call.attempt > 1) this.tell((observer) => observer.handlerRetried?.(call));
  }

  ended(call: HandlerCall, outcome: RunOutcome, willRetry: boolean): void {
    this.tell((observer) => {
      switch (outcome.kind) {
        case 'finished':
          return observer.handlerFinished?.({ ...call, durationMs: outcome.durationMs });
        case 'failed':
          return observer.handlerFailed?.({
            ...call,
            durationMs: outcome.durationMs,
            error: outcome.error,
            willRetry,
          });
        case 'timed-out':
          return observer.handlerTimedOut?.({ ...call, timeoutMs: outcome.timeoutMs, willRetry });
      }
    });
  }

  released(label: string): void {
    this.tell((observer) => observer.handlerReleased?.(label));
  }

  private tell(fact: (observer: DispatchObserver) => void): void {
    try {
      fact(this.observer);
    } catch {
      // Whoever logs and counts has nobody to report to.
    }
  }
}
