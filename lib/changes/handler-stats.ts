import type { DispatchObserver, HandlerCall } from './dispatch-observer.interface.js';

/**
 * How the handlers of changes fare, since the app started.
 *
 * @publicApi
 */
export interface HandlersStatus {
  /** Calls that threw or rejected; each retry that fails again counts. */
  readonly errors: number;
  /** Calls that took longer than their timeout. */
  readonly timeouts: number;
  /** Calls that were made again after one of these. */
  readonly retries: number;
  /** The handlers whose last call failed or timed out, as `Class.method`: they may have missed what is in force. */
  readonly failing: readonly string[];
}

/** Counts what goes wrong in handlers, and knows who has failed on what is in force. */
export class HandlerStats implements DispatchObserver {
  readonly #failing = new Set<string>();
  #errors = 0;
  #timeouts = 0;
  #retries = 0;

  get status(): HandlersStatus {
    return {
      errors: this.#errors,
      timeouts: this.#timeouts,
      retries: this.#retries,
      failing: [...this.#failing],
    };
  }

  handlerFinished({ label }: HandlerCall): void {
    this.#failing.delete(label);
  }

  handlerFailed({ label }: HandlerCall): void {
    this.#errors += 1;
    this.#failing.add(label);
  }

  handlerTimedOut({ label }: HandlerCall): void {
    this.#timeouts += 1;
    this.#failing.add(label);
  }

  handlerRetried(): void {
    this.#retries += 1;
  }

  handlerReleased(label: string): void {
    this.#failing.delete(label);
  }
}
