import { AsyncLocalStorage } from 'node:async_hooks';
import { describeFirstProblem } from '../logging/describe-result.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import type { Part } from '../model/part.interface.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { SourceStates } from '../sources/source-states.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { FileWatcher } from '../watch/file-watcher.js';
import type { FileWrites } from '../watch/file-writes.js';
import type { WatchOptions } from '../watch/watch-options.js';
import type { AutoReloadStatus } from './auto-reload-status.interface.js';
import type { CircuitBreakerOptions } from './circuit-breaker.js';
import { RateLimit, type RateLimitOptions } from './rate-limit.js';
import { ReloadTriggers } from './reload-triggers.js';
import { SourceWatches } from './source-watches.js';

export interface AutoReloadOptions extends WatchOptions {
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  readonly rateLimit?: RateLimitOptions;
}

export interface AutoReloadParts {
  readonly logger: SafeLogger;
  /** Requests a reload. Never rejects. */
  readonly reload: (request: ReportedRequest) => Promise<ReloadResult>;
  readonly states: SourceStates;
  /** Shows others what the file watcher sees. */
  readonly writes: FileWrites;
  /** The rejection of the content that the sources have now. */
  readonly rejection: { readonly current: { readonly sources: readonly ConfigSource[] } | undefined };
}

/**
 * Triggers reloads when sources change. Can be started and stopped any number of times; a start also reloads what
 * changed while nothing was watched.
 */
export class AutoReload implements Part {
  readonly #rateLimit: RateLimit;
  readonly #triggers: ReloadTriggers;
  #missedEvents = 0;
  /** Changes without an event that the file watcher has found since the last reload it triggered. */
  #foundWithoutEvent = 0;
  /** The last result counted in `#missedEvents`: the file watcher and the safety poll may share one reload. */
  #lastCounted: ReloadResult | undefined;
  readonly #requested = new Set<Promise<unknown>>();
  #running: { files: FileWatcher; watches: SourceWatches } | undefined;
  #starting: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Runs a function outside of the request that called: neither a watch nor a reload may run in its context. */
  readonly #detached = AsyncLocalStorage.snapshot();
  readonly #ignoreAnswers: () => void;

  constructor(
    private readonly options: AutoReloadOptions,
    private readonly parts: AutoReloadParts,
  ) {
    const { circuitBreaker, rateLimit } = options;
    this.#rateLimit = new RateLimit(rateLimit);
    this.#triggers = new ReloadTriggers(
      circuitBreaker === false ? { failures: Infinity } : circuitBreaker,
      this.#rateLimit,
      (sources) => this.#reloadChanged(sources),
      parts.logger,
    );
    this.#ignoreAnswers = parts.states.answers.add((source) => {
      if (this.#running?.watches.follows(source)) this.#triggers.request(source);
    });
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Starts to watch `sources`. Resolves when they are watched and earlier changes are reloaded. Does nothing after
   * `close()`.
   */
  watch(sources: readonly ConfigSource[]): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    if (this.#running === undefined) this.#starting = this.#detached(() => this.#start(sources));
    return this.#starting;
  }

  async #start(sources: readonly ConfigSource[]): Promise<void> {
    const { logger, states, writes } = this.parts;
    const warn = (message: string) => logger.warn(message);
    const verbose = (message: string) => logger.verbose?.(message);
    const files = new FileWatcher(this.options, {
      warn,
      onMissed: (path) => {
        verbose(`${path} has changed, but no file system event reported it`);
        this.#foundWithoutEvent += 1;
      },
      onSafetyPoll: () => {
        // What a poll finds is a change as any other: the next poll after the limit finds it.
        if (this.#rateLimit.waitMs === 0) void this.#request({ cause: 'file', audit: 'safety-poll' });
      },
    });
    const changed = (source: ConfigSource, byFile: boolean) =>
      byFile ? this.#triggers.requestNow(source) : this.#triggers.request(source);
    const watches = new SourceWatches({ files, states, changed, warn, verbose });
    const running = { files, watches };
    this.#running = running;
    writes.follow(files);
    this.#triggers.keep(sources);
    await watches.follow(sources);
    await waitAtMost(HANG_TIMEOUT, files.ready());
    if (this.#running === running) await this.#request({ cause: 'file', audit: 'catch-up' });
  }

  /** Watches these sources instead. */
  async follow(sources: readonly ConfigSource[]): Promise<void> {
    this.#triggers.keep(sources);
    await this.#detached(() => this.#running?.watches.follow(sources));
  }

  /** Resolves when no watch, timer or handle is left. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.parts.writes.follow(undefined);
    this.#triggers.stop();
    await running.watches.follow([]);
    await running.files.close();
  }

  /** Stops for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ignoreAnswers();
    await this.stop();
  }

  /** Resolves when the reloads requested so far have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#requested);
  }

  /** Records the end of a reload, whatever triggered it. */
  ended(result: ReloadResult, request: ReportedRequest): void {
    if (request.audit === 'safety-poll') this.#countMissed(1, result);
    if (result.outcome === 'applied' && this.isRunning) this.#rateLimit.count();
    const triggers = this.parts.states.takeTriggers();
    // A reload that has read no source says nothing about their content.
    if (triggers === undefined) return;
    if (result.outcome !== 'rejected') return this.#triggers.succeeded();
    // What callers request is theirs: a breaker counts only what a source has reported by itself.
    if (request.cause !== 'file' && request.cause !== 'remote') return;
    const reported = this.#atFault().filter((source) => triggers.has(source));
    this.#triggers.rejected(reported, describeFirstProblem(result.error));
  }

  status(): AutoReloadStatus {
    const { openBreakers } = this.#triggers;
    const { watched, polling } = this.#running?.files.paths ?? { watched: [], polling: [] };
    return {
      watching: this.isRunning,
      watchedFiles: watched,
      pollingFiles: polling,
      missedEvents: this.#missedEvents,
      breaker: openBreakers.length > 0 ? 'open' : 'closed',
      ...(openBreakers.length > 0 && { openBreakers }),
    };
  }

  #atFault(): readonly ConfigSource[] {
    return this.parts.rejection.current?.sources ?? [];
  }

  #request(request: ReportedRequest): Promise<ReloadResult> {
    const requested = this.#detached(() => this.parts.reload(request)).finally(() =>
      this.#requested.delete(requested),
    );
    this.#requested.add(requested);
    return requested;
  }

  #reloadChanged(sources: readonly ConfigSource[]): void {
    const found = this.#foundWithoutEvent;
    this.#foundWithoutEvent = 0;
    const cause = sources.every(({ kind }) => kind === 'remote') ? 'remote' : 'file';
    void this.#request({ cause }).then((result) => {
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
