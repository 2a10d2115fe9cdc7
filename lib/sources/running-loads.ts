import { withTimeout } from '../util/timeouts.js';

/** Loads in progress. Each has a deadline, and all of them end when the app shuts down. */
export class RunningLoads {
  readonly #shutdown = new AbortController();

  /**
   * Runs a load. Rejects if it takes longer than `ms`, or if the app shuts down; its signal is aborted then.
   * The load itself is not stopped, and what becomes of it later is ignored.
   */
  run<R>(ms: number, load: (signal: AbortSignal) => Promise<R>): Promise<Awaited<R>> {
    return withTimeout(ms, load, { signal: this.#shutdown.signal });
  }

  /** Ends all loads in progress, and starts no others: a reload that waited for its turn must not keep the process alive. */
  close(): void {
    this.#shutdown.abort(new Error('the app is shutting down'));
  }
}
