import type { HandlerEvent } from './handler-event.js';

/**
 * Statistics of the change handlers, since the app started.
 *
 * @publicApi
 */
export interface HandlersStatus {
  /** Calls that threw or rejected; each retry that fails again counts. */
  readonly errors: number;
  /** Calls that took longer than their timeout. */
  readonly timeouts: number;
  /** Calls that were repeated after an error or a timeout. */
  readonly retries: number;
  /** Handlers whose last call failed or timed out, as `Class.method`: they may have missed what is in force. */
  readonly failing: readonly string[];
}

/** Counts failed calls, and lists the handlers whose last call failed. */
export class HandlerStats {
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

  count({ kind, label }: HandlerEvent): void {
    if (kind === 'retry-started') this.#retries += 1;
    else if (kind === 'finished' || kind === 'unsubscribed') this.#failing.delete(label);
    else {
      if (kind === 'failed') this.#errors += 1;
      else this.#timeouts += 1;
      this.#failing.add(label);
    }
  }
}
