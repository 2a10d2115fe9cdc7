import { checkCount, checkDelay } from '../options/checks.js';

/**
 * Limits of the circuit breaker: after several rejections in a row, the changes that a source reports itself are read
 * with a delay. Changes of files are not delayed.
 *
 * @publicApi
 */
export interface CircuitBreakerOptions {
  /** Number of rejections in a row after which reloads are delayed. Default: 10. */
  readonly failures?: number;
  /** The first delay, in ms. Each further rejection doubles it. Default: 1000. */
  readonly delay?: number;
  /** The longest delay, in ms. Default: 30000. */
  readonly maxDelay?: number;
}

/**
 * A circuit breaker that is open.
 *
 * @publicApi
 */
export interface OpenBreaker {
  /** The source that it is of. */
  readonly source: string;
  /** Time from which it has been open. */
  readonly since: Date;
  /** Number of rejections in a row of what the source has reported. */
  readonly rejections: number;
  /** Time from which the next change that the source reports is read. */
  readonly until: Date;
}

/** Counts rejections in a row. After too many it opens, and the pause before the next reload doubles each time. */
export class CircuitBreaker {
  readonly #failures: number;
  readonly #delay: number;
  readonly #maxDelay: number;
  #failuresInARow = 0;
  /** Time of the failure that opened it. */
  #since = new Date();
  #openUntil = 0;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failures = checkCount('circuitBreaker.failures', options.failures ?? 10);
    this.#delay = checkDelay('circuitBreaker.delay', options.delay ?? 1_000);
    this.#maxDelay = checkDelay('circuitBreaker.maxDelay', options.maxDelay ?? 30_000);
  }

  /** `open` while content is rejected again and again. */
  get state(): 'closed' | 'open' {
    return this.#failuresInARow >= this.#failures ? 'open' : 'closed';
  }

  /** Time until the next reload is allowed, in ms. */
  get waitMs(): number {
    return this.state === 'open' ? Math.max(0, this.#openUntil - performance.now()) : 0;
  }

  /** Describes it while it is open. */
  get status(): Omit<OpenBreaker, 'source'> | undefined {
    if (this.state === 'closed') return undefined;
    return {
      since: this.#since,
      rejections: this.#failuresInARow,
      until: new Date(Date.now() + this.waitMs),
    };
  }

  failed(): void {
    this.#failuresInARow += 1;
    const beyond = this.#failuresInARow - this.#failures;
    if (beyond === 0) this.#since = new Date();
    if (beyond >= 0)
      this.#openUntil = performance.now() + Math.min(this.#maxDelay, this.#delay * 2 ** Math.min(beyond, 31));
  }

  succeeded(): void {
    this.#failuresInARow = 0;
  }
}
