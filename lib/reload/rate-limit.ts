/**
 * How many versions watching may bring about. What comes sooner is put off, never dropped.
 *
 * @publicApi
 */
export interface RateLimitOptions {
  /** Applied reloads within `per`. */
  readonly max: number;
  /** In ms. Default 60,000. */
  readonly per?: number;
}

/** A sliding window over the times of applied reloads. */
export class RateLimit {
  readonly #times: number[] = [];

  constructor(private readonly options: RateLimitOptions | undefined) {}

  /** How long to wait before the next reload may be applied, in ms. */
  get waitMs(): number {
    if (this.options === undefined || this.#times.length < this.options.max) return 0;
    const { per = 60_000 } = this.options;
    return Math.max(0, this.#times[0]! + per - performance.now());
  }

  applied(): void {
    if (this.options === undefined) return;
    this.#times.push(performance.now());
    if (this.#times.length > this.options.max) this.#times.shift();
  }
}
