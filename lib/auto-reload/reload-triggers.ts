import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import { formatDuration } from '../util/format-duration.js';
import type { RateLimit } from './rate-limit.js';
import { ReloadThrottle } from './reload-throttle.js';

/**
 * Turns the changes that sources report into reloads: all changes of one turn become one. A source whose content is
 * rejected again and again delays only what it reports itself; the limit on versions delays all triggers.
 */
export class ReloadTriggers {
  readonly #throttles = new Map<ConfigSource, ReloadThrottle>();
  /** The sources that the next reload is for. */
  readonly #due = new Set<ConfigSource>();
  #isFlushing = false;
  /** `true` from the first reload that the rate limit delays to the next one that it does not. */
  #isLimited = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly circuitBreaker: CircuitBreakerOptions | undefined,
    private readonly rateLimit: RateLimit,
    private readonly reload: (sources: readonly ConfigSource[]) => void,
    private readonly warn: (message: string) => void,
  ) {
    void this.#createBreaker(); // invalid options are refused when the app starts
  }

  /** `open` if the triggers of a source are delayed. */
  get breaker(): CircuitBreaker['state'] {
    const states = [...this.#throttles.values()].map(({ breakerState }) => breakerState);
    return states.includes('open') ? 'open' : 'closed';
  }

  /** Requests a reload because a source has reported a change. */
  request(source: ConfigSource): void {
    this.#throttleOf(source).request();
  }

  /**
   * Requests a reload because files of a source have changed. No breaker delays it: the file watcher limits how often that
   * happens, and the author of a save waits for the result.
   */
  requestNow(source: ConfigSource): void {
    this.#throttles.get(source)?.cancel(); // its content is read now
    this.#add(source);
  }

  /** A reload that these sources have triggered was rejected for their content. */
  rejected(sources: Iterable<ConfigSource>): void {
    // A source without a throttle has reported nothing but changes of files.
    for (const source of sources) {
      const throttle = this.#throttles.get(source);
      if (throttle?.rejected())
        this.warn(
          `${source.name} was rejected several times in a row: what it reports is read with a delay until a reload ` +
            'succeeds. A manual reload is not delayed.',
        );
    }
  }

  /** A reload from the sources has succeeded: the content of all of them is good. */
  succeeded(): void {
    for (const throttle of this.#throttles.values()) throttle.succeeded();
  }

  /** Forgets all sources except these. */
  keep(sources: readonly ConfigSource[]): void {
    for (const [source, throttle] of this.#throttles) {
      if (sources.includes(source)) continue;
      throttle.cancel();
      this.#throttles.delete(source);
      this.#due.delete(source);
    }
  }

  /** Requests at once what no limit delays, and discards what is delayed. */
  stop(): void {
    for (const throttle of this.#throttles.values()) throttle.cancel();
    this.#flush();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
  }

  #throttleOf(source: ConfigSource): ReloadThrottle {
    let throttle = this.#throttles.get(source);
    if (throttle === undefined) {
      throttle = new ReloadThrottle(this.#createBreaker(), () => this.#add(source));
      this.#throttles.set(source, throttle);
    }
    return throttle;
  }

  #createBreaker(): CircuitBreaker {
    return new CircuitBreaker(this.circuitBreaker);
  }

  #add(source: ConfigSource): void {
    this.#due.add(source);
    if (this.#isFlushing || this.#timer !== undefined) return;
    this.#isFlushing = true;
    // Files that have settled together are reported one after the other.
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const wasDelayed = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#due.size === 0) return;
    const wait = this.rateLimit.waitMs;
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#flush(), wait).unref();
      if (!this.#isLimited)
        this.warn(`rateLimit is reached: the next change is applied in ${formatDuration(wait)}.`);
      this.#isLimited = true;
      return;
    }
    this.#isLimited &&= wasDelayed;
    const sources = [...this.#due];
    this.#due.clear();
    this.reload(sources);
  }
}
