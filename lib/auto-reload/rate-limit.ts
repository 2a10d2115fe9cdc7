import { checkCount, checkDelay } from '../options/checks.js';

/**
 * Limit on the number of versions that automatic reloads apply within a period. Further reloads are delayed, never dropped.
 *
 * @publicApi
 */
export interface RateLimitOptions {
  /** Maximum number of applied versions within `per`. */
  readonly max: number;
  /** Length of the period, in ms. Default: 60000. */
  readonly per?: number;
}

/** A sliding window over the times of what is limited. */
export class RateLimit {
  readonly #times: number[] = [];
  readonly #max: number;
  readonly #per: number;

  constructor(options: RateLimitOptions = { max: Infinity }) {
    this.#max = checkCount('rateLimit.max', options.max);
    this.#per = checkDelay('rateLimit.per', options.per ?? 60_000);
  }

  /** Time until the next one is allowed, in ms. */
  get waitMs(): number {
    const [oldest] = this.#times;
    if (oldest === undefined || this.#times.length < this.#max) return 0;
    return Math.max(0, oldest + this.#per - performance.now());
  }

  /** One more has happened now. */
  count(): void {
    if (this.#max === Infinity) return;
    this.#times.push(performance.now());
    if (this.#times.length > this.#max) this.#times.shift();
  }
}
