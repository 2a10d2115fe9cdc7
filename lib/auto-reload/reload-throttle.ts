import type { CircuitBreaker } from './circuit-breaker.js';
import type { RateLimit } from './rate-limit.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

/**
 * Delays the reloads that watching requests while the circuit breaker is open or the rate limit is reached. All changes
 * of that time become one reload; the last change is never lost.
 */
export class ReloadThrottle {
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly breaker: CircuitBreaker,
    private readonly rateLimit: RateLimit,
    private readonly reload: () => void,
  ) {}

  /** Requests a reload. */
  request(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const wait = Math.max(this.breaker.waitMs, this.rateLimit.waitMs);
    if (wait <= 0) this.reload();
    // The timer must not keep a process alive that has nothing else to do.
    else this.#timer = setTimeout(() => this.#retry(), wait).unref();
  }

  /** Records the end of a reload, whatever triggered it. */
  observe(result: ReloadResult): void {
    if (result.outcome === 'rejected') {
      this.breaker.failed();
      return;
    }
    const wasOpen = this.breaker.state === 'open';
    this.breaker.succeeded();
    if (result.outcome === 'applied') this.rateLimit.applied();
    if (wasOpen && this.#timer !== undefined) this.#retry();
  }

  /** Discards a delayed reload, and ignores all further requests. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #retry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.request();
  }
}
