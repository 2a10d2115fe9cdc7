import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { FileWatcher } from '../watch/file-watcher.js';
import type { WriteActivity } from '../watch/settle-tracker.js';
import { SourceWatches } from './source-watches.js';
import type { WatchOptions } from '../watch/watch-options.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { RateLimit, type RateLimitOptions } from './rate-limit.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import { ReloadThrottle } from './reload-throttle.js';

const NO_ACTIVITY: Readonly<WriteActivity> = { started: 0, inProgress: false };

export interface AutoReloadOptions extends WatchOptions {
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  readonly rateLimit?: RateLimitOptions;
}

/**
 * Triggers reloads when sources change. Can be started and stopped any number of times; a start also reloads what
 * changed while nothing was watched.
 */
export class AutoReload {
  readonly #breaker: CircuitBreaker;
  readonly #rateLimit: RateLimit;
  #missedEvents = 0;
  /** Changes without an event that the file watcher has found since the last reload it triggered. */
  #foundWithoutEvent = 0;
  /** The last result counted in `#missedEvents`: the file watcher and the safety poll may share one reload. */
  #lastCounted: ReloadResult | undefined;
  readonly #requested = new Set<Promise<unknown>>();
  #running: { files: FileWatcher; throttle: ReloadThrottle; watches: SourceWatches } | undefined;
  #starting: Promise<void> | undefined;

  constructor(
    private readonly options: AutoReloadOptions,
    private readonly logger: ConfigLogger,
    private readonly reload: (request: ReloadRequest) => Promise<ReloadResult>,
  ) {
    const { circuitBreaker, rateLimit } = options;
    this.#breaker = new CircuitBreaker(circuitBreaker === false ? { failures: Infinity } : circuitBreaker);
    this.#rateLimit = new RateLimit(rateLimit);
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get breaker(): 'closed' | 'open' {
    return this.#breaker.state;
  }

  get writeActivity(): WriteActivity {
    return this.#running?.files.writeActivity ?? NO_ACTIVITY;
  }

  /** The number of changes that no event reported: a check on an interval has found them. */
  get missedEvents(): number {
    return this.#missedEvents;
  }

  /** The paths that are watched, and those of them that are polled. */
  get paths(): { readonly watched: readonly string[]; readonly polling: readonly string[] } {
    return this.#running?.files.paths ?? { watched: [], polling: [] };
  }

  /** Starts to watch `sources`. Resolves when they are watched and earlier changes are reloaded. */
  start(sources: readonly ConfigSource[]): Promise<void> {
    if (this.#running === undefined) this.#starting = this.#start(sources);
    return this.#starting!; // set by the start that is running
  }

  async #start(sources: readonly ConfigSource[]): Promise<void> {
    const throttle = new ReloadThrottle(this.#breaker, this.#rateLimit, () => this.#reloadChanged());
    const files = new FileWatcher(this.options, {
      warn: (message) => this.logger.warn(message),
      onMissed: (path) => {
        this.logger.verbose?.(`${path} has changed, but no file system event reported it`);
        this.#foundWithoutEvent += 1;
      },
      onSafetyPoll: () => void this.#request({ cause: 'file', audit: 'safety-poll' }),
    });
    const watches = new SourceWatches({
      files,
      changed: () => throttle.request(),
      warn: (message) => this.logger.warn(message),
      verbose: (message) => this.logger.verbose?.(message),
    });
    const running = { files, throttle, watches };
    this.#running = running;
    await watches.follow(sources);
    await waitAtMost(HANG_TIMEOUT, files.ready());
    if (this.#running === running) await this.#request({ cause: 'file', audit: 'catch-up' });
  }

  /** Watches these sources instead. */
  async follow(sources: readonly ConfigSource[]): Promise<void> {
    await this.#running?.watches.follow(sources);
  }

  /** Resolves when no watch, timer or handle is left. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.throttle.close();
    await running?.watches.follow([]);
    await running?.files.close();
  }

  /** Resolves when the reloads requested so far have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#requested);
  }

  /** Records the end of a reload, whatever triggered it. */
  observe(result: ReloadResult, request: ReloadRequest): void {
    if (request.audit === 'safety-poll') this.#countMissed(1, result);
    this.#running?.throttle.observe(result);
  }

  #request(request: ReloadRequest): Promise<ReloadResult> {
    const requested = this.reload(request).finally(() => this.#requested.delete(requested));
    this.#requested.add(requested);
    return requested;
  }

  #reloadChanged(): void {
    const found = this.#foundWithoutEvent;
    this.#foundWithoutEvent = 0;
    void this.#request({ cause: 'file' }).then((result) => {
      // If unchanged, the reload of the safety poll was first, and has counted the change.
      if (found > 0 && result.outcome !== 'unchanged') this.#countMissed(found, result);
    });
  }

  #countMissed(changes: number, result: ReloadResult): void {
    if (result === this.#lastCounted) return;
    this.#lastCounted = result;
    this.#missedEvents += changes;
  }
}
