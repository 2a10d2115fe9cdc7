import type { CircuitBreaker } from './circuit-breaker.js';
import type { RateLimit } from './rate-limit.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

/**
 * Between the watchers and the reloader: puts a reload off while the breaker is open or the rate limit is reached. Many
 * hints that are put off are one reload later; the last one is never lost.
 */
export class WatchTrigger {
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly breaker: CircuitBreaker,
    private readonly rateLimit: RateLimit,
    private readonly reload: () => void,
  ) {}

  /** Something may have changed. */
  changed(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const wait = Math.max(this.breaker.waitMs, this.rateLimit.waitMs);
    if (wait <= 0) this.reload();
    else this.#putOff(wait);
  }

  /** A reload has ended, whatever set it off. */
  observe(result: ReloadResult): void {
    if (result.outcome === 'rejected') {
      this.breaker.failed();
      return;
    }
    const wasOpen = this.breaker.state === 'open';
    this.breaker.succeeded();
    if (result.outcome === 'applied') this.rateLimit.applied();
    if (wasOpen && this.#timer !== undefined) this.#again();
  }

  /** Forgets what was put off, and hears nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #putOff(ms: number): void {
    // Waiting to reload must not keep a process alive that has nothing else to do.
    this.#timer = setTimeout(() => this.#again(), ms).unref();
  }

  #again(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.changed();
  }
}
