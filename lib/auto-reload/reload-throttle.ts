import type { CircuitBreaker } from './circuit-breaker.js';

/**
 * Delays the reloads that one source triggers while its circuit breaker is open. All changes of that time become one
 * reload; the last change is never lost.
 */
export class ReloadThrottle {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly breaker: CircuitBreaker,
    private readonly reload: () => void,
  ) {}

  /** Describes the breaker while it is open. */
  get status(): CircuitBreaker['status'] {
    return this.breaker.status;
  }

  /** Requests a reload. */
  request(): void {
    if (this.#timer !== undefined) return;
    const wait = this.breaker.waitMs;
    if (wait <= 0) this.reload();
    // The timer must not keep a process alive that has nothing else to do.
    else this.#timer = setTimeout(() => this.#retry(), wait).unref();
  }

  /** A reload that the source has triggered was rejected. Returns `true` if that has opened the breaker. */
  rejected(): boolean {
    const before = this.breaker.state;
    this.breaker.failed();
    return before !== this.breaker.state;
  }

  /** A reload from the sources has succeeded. Returns `true` if that has closed the breaker. */
  succeeded(): boolean {
    const wasOpen = this.breaker.state === 'open';
    this.breaker.succeeded();
    if (wasOpen && this.#timer !== undefined) this.#retry();
    return wasOpen;
  }

  /** Discards a delayed reload. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #retry(): void {
    this.cancel();
    this.request();
  }
}
