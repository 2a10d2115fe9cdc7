import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { CircuitBreaker, type CircuitBreakerOptions, type OpenBreaker } from './circuit-breaker.js';
import { formatTime } from '../util/format-time.js';
import { formatDuration } from '../util/format-duration.js';
import { plural } from '../util/plural.js';
import type { SafeLogger } from '../logging/safe-logger.js';
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
    private readonly log: Pick<SafeLogger, 'log' | 'warn'>,
  ) {
    void this.#createBreaker(); // invalid options are refused when the app starts
  }

  /** The breakers of the sources whose triggers are delayed. */
  get openBreakers(): readonly OpenBreaker[] {
    return [...this.#throttles].flatMap(([{ name }, { status }]) =>
      status === undefined ? [] : [{ source: name, ...status }],
    );
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

  /**
   * A reload that these sources have triggered was rejected for their content.
   *
   * @param reason the reason for the rejection, in one line
   */
  rejected(sources: Iterable<ConfigSource>, reason: string): void {
    // A source without a throttle has reported nothing but changes of files.
    for (const source of sources) {
      const throttle = this.#throttles.get(source);
      if (!throttle?.rejected()) continue;
      const { rejections, until } = throttle.status!; // it has just opened
      this.log.warn(
        `The circuit breaker of ${source.name} has opened: ${plural(rejections, 'change')} in a row that it reported ` +
          `${rejections === 1 ? 'was' : 'were'} rejected, the last one because: ${reason}. The next one is read at ` +
          `${formatTime(until)}; each further rejection doubles the delay, until a reload succeeds. Saves of files and ` +
          'manual reloads are not delayed.',
      );
    }
  }

  /** A reload from the sources has succeeded: the content of all of them is good. */
  succeeded(): void {
    for (const [{ name }, throttle] of this.#throttles)
      if (throttle.succeeded())
        this.log.log(`The circuit breaker of ${name} has closed: what it reports is read at once again.`);
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
        this.log.warn(`rateLimit is reached: the next change is applied in ${formatDuration(wait)}.`);
      this.#isLimited = true;
      return;
    }
    this.#isLimited &&= wasDelayed;
    const sources = [...this.#due];
    this.#due.clear();
    this.reload(sources);
  }
}
