import { RateLimit } from '../auto-reload/rate-limit.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { ControlError } from './control.error.js';

const MINUTE = 60_000;

/**
 * Limits how often the clients of one app may send values for secrets: a reload that changes nothing tells that a guess was
 * right. Each attempt counts, right or wrong, accepted or refused, so that the limit itself tells nothing.
 */
export class SecretAttempts {
  readonly #limit: RateLimit;

  /** @param max maximum number of attempts within a minute */
  constructor(
    private readonly max: number,
    private readonly logger: SafeLogger,
  ) {
    this.#limit = new RateLimit({ max, per: MINUTE });
  }

  /** @throws ControlError if the maximum is reached */
  count(): void {
    const wait = this.#limit.waitMs;
    if (wait > 0)
      throw new ControlError(
        'RATE_LIMITED',
        `${this.max} values for secrets were sent within a minute, which is the maximum; retry in ${Math.ceil(wait / 1000)} s`,
      );
    this.#limit.count();
    if (this.#limit.waitMs > 0)
      this.logger.warn(
        `Control channel: ${this.max} values for secrets were sent within a minute. More are refused until the minute is over.`,
      );
  }
}
