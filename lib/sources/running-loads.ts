import { aborted, startTimeout } from '../util/timeouts.js';

/** Loads in progress. Each has a deadline, and all of them end when the app shuts down. */
export class RunningLoads {
  readonly #controllers = new Set<AbortController>();
  #isShuttingDown = false;

  /**
   * Runs a load. Rejects if it takes longer than `ms`, or if the app shuts down; its signal is aborted then.
   * The load itself is not stopped, and what becomes of it later is ignored.
   */
  async run<R>(ms: number, load: (signal: AbortSignal) => Promise<R>): Promise<R> {
    if (this.#isShuttingDown) throw shutdownError();
    const controller = new AbortController();
    const { signal } = controller;
    const ended = aborted(signal);
    const expire = () => controller.abort(new Error(`no answer within ${ms} ms`));
    const stop = startTimeout(ms, expire, true);
    this.#controllers.add(controller);
    try {
      // Also if `load` throws at once, or is not asynchronous at all.
      return await Promise.race([Promise.resolve().then(() => load(signal)), ended]);
    } finally {
      stop();
      this.#controllers.delete(controller);
    }
  }

  /** Ends all loads in progress, and starts no others: a reload that waited for its turn must not keep the process alive. */
  close(): void {
    this.#isShuttingDown = true;
    for (const controller of this.#controllers) controller.abort(shutdownError());
  }
}

function shutdownError(): Error {
  return new Error('the app is shutting down');
}
