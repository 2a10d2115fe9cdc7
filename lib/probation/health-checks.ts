import type { ProbationRules } from './probation-options.js';
import { reasonOf } from '../util/reason-of.js';
import { withTimeout } from '../util/timeouts.js';

/** A health check, and the version it is about. */
export interface HealthCheckParts {
  readonly check: (signal: AbortSignal) => unknown;
  /** Runs a check pinned to the version. */
  readonly runPinned: <R>(run: () => Promise<R>) => Promise<R>;
  /** Called once, with the reason, when as many checks in a row have failed as the rules allow. */
  readonly onFailed: (reason: string) => void;
}

/** Repeats a health check, one at a time, until it has failed or is stopped. Its timers keep no process alive. */
export class HealthChecks {
  #done = 0;
  #failuresInARow = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: { readonly over: Promise<void>; readonly abort: AbortController } | undefined;
  #stopped = false;

  constructor(
    private readonly rules: Pick<ProbationRules, 'interval' | 'timeout' | 'failures'>,
    private readonly parts: HealthCheckParts,
  ) {}

  /** The number of checks that have ended. */
  get done(): number {
    return this.#done;
  }

  /** Resolves when the running check, if any, has ended. */
  async settled(): Promise<void> {
    await this.#running?.over;
  }

  /** Runs the next check after `delay` ms. */
  start(delay: number): void {
    this.#timer = setTimeout(() => this.#startCheck(), delay).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#running?.abort.abort(new Error('the probation is over'));
  }

  #startCheck(): void {
    const abort = new AbortController();
    const over = this.parts.runPinned(() => this.#check(abort)).then((failure) => this.#count(failure));
    this.#running = { over, abort };
  }

  #count(failure: string | undefined): void {
    this.#running = undefined;
    if (this.#stopped) return;
    this.#done += 1;
    this.#failuresInARow = failure === undefined ? 0 : this.#failuresInARow + 1;
    if (failure !== undefined && this.#failuresInARow >= this.rules.failures) this.parts.onFailed(failure);
    else this.start(this.rules.interval);
  }

  /** Returns the reason of a failure, or undefined. Ends at the timeout even if the check hangs. */
  async #check(abort: AbortController): Promise<string | undefined> {
    const options = { signal: abort.signal, keepsAlive: false };
    try {
      const result = await withTimeout(this.rules.timeout, (signal) => this.parts.check(signal), options);
      return result === false ? 'the health check returned false' : undefined;
    } catch (error) {
      return `the health check failed: ${reasonOf(error)}`;
    }
  }
}
