import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { FileWatcher } from '../watch/file-watcher.js';
import type { WriteActivity } from '../watch/write-activity.interface.js';
import { SourceWatches } from './source-watches.js';
import type { WatchOptions } from '../watch/watch-options.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { RateLimit, type RateLimitOptions } from './rate-limit.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import { WatchTrigger } from './watch-trigger.js';

const AT_REST: WriteActivity = { started: 0, inProgress: false };

/** How reloads are set off by what is watched. */
export interface AutoReloadOptions extends WatchOptions {
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  readonly rateLimit?: RateLimitOptions;
}

/**
 * Sets reloads off when sources change. It can be started and stopped any number of times; a start catches up with
 * what changed meanwhile.
 */
export class AutoReload {
  readonly #breaker: CircuitBreaker;
  readonly #rateLimit: RateLimit;
  #missedEvents = 0;
  /** Changes that the watcher found by itself, and no reload was asked for yet. */
  #found = 0;
  /** The last result that brought something no event had told of. */
  #counted: ReloadResult | undefined;
  readonly #asked = new Set<Promise<unknown>>();
  #running: { files: FileWatcher; trigger: WatchTrigger; watches: SourceWatches } | undefined;
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

  /** Whether the watched files change; they do not, where nobody watches. */
  get writeActivity(): WriteActivity {
    return this.#running?.files.writeActivity ?? AT_REST;
  }

  /** Changes that no event announced, found by the safety poll. */
  get missedEvents(): number {
    return this.#missedEvents;
  }

  /** The paths that are watched, and those of them that are polled. */
  get paths(): { readonly watched: readonly string[]; readonly polling: readonly string[] } {
    return this.#running?.files.status() ?? { watched: [], polling: [] };
  }

  /** Watches `sources` from now on, and reloads once for what changed while nobody watched. */
  start(sources: readonly ConfigSource[]): Promise<void> {
    if (this.#running === undefined) this.#starting = this.#start(sources);
    return this.#starting!; // whoever runs has been started
  }

  async #start(sources: readonly ConfigSource[]): Promise<void> {
    const trigger = new WatchTrigger(this.#breaker, this.#rateLimit, () => this.#askForFound());
    const files = new FileWatcher(this.options, {
      warn: (message) => this.logger.warn(message),
      onMissed: (path) => {
        this.logger.verbose?.(`${path} has changed, though no event told of it`);
        this.#found += 1;
      },
      onAudit: () => void this.#ask({ cause: 'file', audit: 'safety-poll' }),
    });
    const watches = new SourceWatches({
      files,
      changed: () => trigger.changed(),
      warn: (message) => this.logger.warn(message),
      verbose: (message) => this.logger.verbose?.(message),
    });
    const running = { files, trigger, watches };
    this.#running = running;
    await watches.follow(sources);
    await waitAtMost(HANG_TIMEOUT, files.ready());
    if (this.#running === running) await this.#ask({ cause: 'file', audit: 'catch-up' });
  }

  /** Watches these sources instead. */
  async follow(sources: readonly ConfigSource[]): Promise<void> {
    await this.#running?.watches.follow(sources);
  }

  /** Leaves no watch, timer or handle behind. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.trigger.close();
    await running?.watches.follow([]);
    await running?.files.close();
  }

  /** Resolves when the reloads that watching has asked for so far have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked);
  }

  /** Learns how a reload ended. */
  observe(result: ReloadResult, request: ReloadRequest): void {
    if (request.audit === 'safety-poll') this.#count(1, result);
    this.#running?.trigger.observe(result);
  }

  #ask(request: ReloadRequest): Promise<ReloadResult> {
    const asked = this.reload(request).finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
    return asked;
  }

  /** What the safety poll has read already is nothing new to the reload that the watcher asks for. */
  #askForFound(): void {
    const found = this.#found;
    this.#found = 0;
    void this.#ask({ cause: 'file' }).then((result) => {
      if (found > 0 && result.outcome !== 'unchanged') this.#count(found, result);
    });
  }

  #count(found: number, result: ReloadResult): void {
    if (result === this.#counted) return;
    this.#counted = result;
    this.#missedEvents += found;
  }
}
