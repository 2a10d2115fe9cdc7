/** How old the time may be, in ms. */
const PRECISION = 50;

/**
 * Returns the time of `performance.now()`, at most 50 ms old, or as old as the event loop has been blocked. For code that
 * needs it thousands of times a second: some systems need most of a microsecond to tell the exact time.
 */
export class CoarseClock {
  #now: number | undefined;

  now(): number {
    if (this.#now !== undefined) return this.#now;
    setTimeout(() => (this.#now = undefined), PRECISION).unref();
    return (this.#now = performance.now());
  }
}
