import type { Part } from '../model/part.interface.js';
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

/** The member of `HotConfigManager.status()`. */
export interface HandlersStatusMember {
  /** Statistics of the change handlers. */
  readonly handlers: HandlersStatus;
}

/** Counts failed calls, and lists the handlers whose last call failed. */
export class HandlerStats implements Part {
  readonly #failing = new Set<string>();
  #errors = 0;
  #timeouts = 0;
  #retries = 0;

  status(): HandlersStatusMember {
    const failing = [...this.#failing];
    return {
      handlers: { errors: this.#errors, timeouts: this.#timeouts, retries: this.#retries, failing },
    };
  }

  /** Checks whether the last call of a handler failed. */
  isFailing(label: string): boolean {
    return this.#failing.has(label);
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
