import { reasonOf } from '../util/reason-of.js';
import { redactCredentials } from '../secrets/secret-names.js';

/** How checks are run. Times in ms. */
export interface HealthCheckRules {
  readonly interval: number;
  readonly timeout: number;
  /** How many in a row must fail. */
  readonly failures: number;
}

/** A check, and what it is run with. */
export interface HealthCheckParts {
  readonly check: (signal: AbortSignal) => unknown;
  /** Runs a check to its end, pinned to the version it is about. */
  readonly pinned: <R>(run: () => Promise<R>) => Promise<R>;
  /** Told, once, why the app is not well. */
  readonly failed: (reason: string) => void;
}

/** Runs a check again and again, one at a time, until it has failed or is stopped. Its timers keep no process alive. */
export class HealthChecks {
  #done = 0;
  #failuresInARow = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: { readonly over: Promise<void>; readonly abort: AbortController } | undefined;
  #stopped = false;

  constructor(
    private readonly rules: HealthCheckRules,
    private readonly parts: HealthCheckParts,
  ) {}

  /** How many checks have ended. */
  get done(): number {
    return this.#done;
  }

  /** Resolves when the check that runs now, if one does, has ended. */
  async settled(): Promise<void> {
    await this.#running?.over;
  }

  /** Runs the next check after `delay` ms. */
  start(delay: number): void {
    this.#timer = setTimeout(() => this.#begin(), delay).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#running?.abort.abort(new Error('the probation is over'));
  }

  #begin(): void {
    const abort = new AbortController();
    const over = this.parts.pinned(() => this.#ask(abort)).then((reason) => this.#judge(reason));
    this.#running = { over, abort };
  }

  #judge(reason: string | undefined): void {
    this.#running = undefined;
    if (this.#stopped) return;
    this.#done += 1;
    this.#failuresInARow = reason === undefined ? 0 : this.#failuresInARow + 1;
    if (reason !== undefined && this.#failuresInARow >= this.rules.failures) this.parts.failed(reason);
    else this.start(this.rules.interval);
  }

  /** Why the app is not well; undefined where it is. Ends with the time there is, whatever the check does. */
  async #ask(abort: AbortController): Promise<string | undefined> {
    const { timeout } = this.rules;
    const late = setTimeout(() => abort.abort(new Error(`no answer within ${timeout} ms`)), timeout).unref();
    try {
      const answer = await Promise.race([this.#answer(abort.signal), aborted(abort.signal)]);
      return answer === false ? 'the health check answered false' : undefined;
    } catch (error) {
      return `the health check failed: ${redactCredentials(reasonOf(error))}`;
    } finally {
      clearTimeout(late);
    }
  }

  async #answer(signal: AbortSignal): Promise<unknown> {
    return this.parts.check(signal);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
