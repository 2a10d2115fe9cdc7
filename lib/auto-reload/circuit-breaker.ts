import { checkCount, checkDelay } from '../options/checks.js';

/**
 * When watching steps back.
 *
 * @publicApi
 */
export interface CircuitBreakerOptions {
  /** Rejections in a row after which watching backs off. Default 10. */
  readonly failures?: number;
  /** The first pause, in ms; doubled by each further rejection. Default 1,000. */
  readonly delay?: number;
  /** The longest pause, in ms. Default 30,000. */
  readonly maxDelay?: number;
}

/** Counts rejections in a row; after too many of them it opens, and watching pauses longer and longer. */
export class CircuitBreaker {
  readonly #failures: number;
  readonly #delay: number;
  readonly #maxDelay: number;
  #inARow = 0;
  #openUntil = 0;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#failures = checkCount('circuitBreaker.failures', options.failures ?? 10);
    this.#delay = checkDelay('circuitBreaker.delay', options.delay ?? 1_000);
    this.#maxDelay = checkDelay('circuitBreaker.maxDelay', options.maxDelay ?? 30_000);
  }

  /** `open` while content is rejected again and again. */
  get state(): 'closed' | 'open' {
    return this.#inARow >= this.#failures ? 'open' : 'closed';
  }

  /** How long to wait before the next try, in ms. */
  get waitMs(): number {
    return this.state === 'open' ? Math.max(0, this.#openUntil - performance.now()) : 0;
  }

  failed(): void {
    this.#inARow += 1;
    const beyond = this.#inARow - this.#failures;
    if (beyond >= 0)
      this.#openUntil = performance.now() + Math.min(this.#maxDelay, this.#delay * 2 ** Math.min(beyond, 31));
  }

  succeeded(): void {
    this.#inARow = 0;
  }
}
