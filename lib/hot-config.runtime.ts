import { AsyncLocalStorage } from 'node:async_hooks';
import { reasonOf } from './errors/reason-of.js';
import { LifecycleHooks } from './changes/lifecycle-hooks.js';
import { formatIssues } from './errors/format-issues.js';
import { Dispatcher } from './changes/dispatcher.js';
import { compilePattern } from './changes/pattern.js';
import type { HotConfigModuleOptions } from './interfaces/hot-config-module-options.interface.js';
import type { HotConfigStatus, HotConfigStatusError } from './interfaces/hot-config-status.interface.js';
import { Pins } from './pinning/pins.js';
import { AutoReload } from './reload/auto-reload.js';
import { checkDelay } from './reload/check-option.js';
import type { ConfigLogger } from './reload/config-logger.interface.js';
import { HandlerLog } from './reload/handler-log.js';
import { Preparation } from './reload/preparation.js';
import { Refreshables } from './refreshable/refreshables.js';
import { ReloadCounter } from './reload/reload-counts.js';
import { Reloader } from './reload/reloader.js';
import type { AppliedReload, ReloadRequest, ReloadResult } from './reload/reload-result.interface.js';
import { describeResult } from './reload/report.js';
import { Restarts } from './reload/restarts.js';
import { ResultListeners } from './reload/result-listeners.js';
import { withTimeout } from './reload/with-timeout.js';
import { diff } from './snapshot/diff.js';
import { Freezer } from './snapshot/freeze.js';
import type { Snapshot } from './snapshot/snapshot.js';
import { SnapshotStore } from './snapshot/snapshot.store.js';
import type { ConfigSource } from './sources/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS } from './sources/content-limits.js';
import { file } from './sources/file.source.js';
import { ClassSchema } from './validation/class-schema.js';
import { Validation } from './validation/validation.js';
import { isWatchingEnabled } from './watch/watching.js';

/** How long running handlers are waited for when the app shuts down, in ms. */
const SHUTDOWN_GRACE = 5_000;

/** Makes another list of sources from the one in use. */
type ChangeSources = (sources: readonly ConfigSource[]) => readonly ConfigSource[];

/**
 * The parts of one app, put together and run: made by the module, behind `HotConfigService` and `HotConfigManager`.
 * Knows nothing of Nest.
 */
export class HotConfigRuntime {
  readonly store = new SnapshotStore();
  readonly pins: Pins;
  readonly refreshables: Refreshables;
  readonly preparation: Preparation;
  readonly dispatcher: Dispatcher;
  readonly hooks: LifecycleHooks;
  /** Called before each reload, and before it is told, so that who came lately is asked and told too. */
  lookForHandlers: () => void = () => undefined;
  /** Everybody who wants to know how reloads end. */
  readonly results: ResultListeners;
  readonly #reloader: Reloader;
  readonly #auto: AutoReload;
  readonly #counter = new ReloadCounter();
  /** Runs a function outside of the request that set it off: a reload belongs to nobody's context. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #lastError: HotConfigStatusError | undefined;
  #sourcesChanged: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: HotConfigModuleOptions,
    private readonly logger: ConfigLogger,
  ) {
    this.results = new ResultListeners((error) =>
      logger.error(`Somebody told of a reload failed: ${reasonOf(error)}`),
    );
    this.pins = new Pins(this.store, { afterEnd: options.afterPinEnd ?? 'release' });
    this.refreshables = new Refreshables({
      ambientVersion: () => this.pins.ambient().version,
      runWith: (snapshot, fn) => this.pins.runPinned(fn, snapshot),
      isPinned: (from, until) => this.pins.leases.isPinned(from, until),
      disposeFailed: (label, error) => logger.error(`${label} could not be disposed: ${reasonOf(error)}`),
    });
    this.pins.released = () => this.refreshables.released();
    this.preparation = new Preparation((candidate, changes) => this.refreshables.prepare(candidate, changes));
    this.hooks = new LifecycleHooks((label, error) => logger.error(`${label} failed: ${reasonOf(error)}`));
    this.dispatcher = new Dispatcher({
      runWith: (snapshot, fn) => this.pins.runPinned(fn, snapshot as Snapshot),
      diff,
      observer: new HandlerLog(logger),
    });
    this.#auto = new AutoReload(options, logger, (request) => this.reload(request));
    this.#reloader = new Reloader(
      [...(options.files ?? []).map((path) => file(path)), ...(options.sources ?? [])],
      {
        store: this.store,
        preparation: this.preparation,
        validation: new Validation(
          {
            schema: options.schema && new ClassSchema(options.schema),
            validators: options.validators ?? [],
            unknownKeys: options.unknownKeys ?? 'warn',
          },
          new Freezer(),
        ),
        restarts: new Restarts(
          (options.restartRequired ?? []).map(compilePattern),
          options.onRestartRequired ?? 'hold',
        ),
        limits: { ...DEFAULT_CONTENT_LIMITS, ...options.limits },
        settleTimeout: checkDelay('settleTimeout', options.settleTimeout ?? 1_000),
        begin: (request) => this.#begin(request),
        notify: (previous, result) => this.#notify(previous, result),
        report: (result, request) => this.#report(result, request),
      },
    );
  }

  /** The first load. Throws what is wrong with the configuration; nothing runs on a bad one. */
  async boot(): Promise<void> {
    const result = await this.reload({ cause: 'boot' });
    if (result.outcome !== 'rejected') return;
    await this.#closeAll(this.#reloader.sources);
    throw result.error;
  }

  /** Starts to watch, where the app wants it. */
  async start(): Promise<void> {
    if (isWatchingEnabled(this.options, process.env)) await this.enable();
  }

  /** Starts to watch, and catches up with what changed meanwhile. */
  enable(): Promise<void> {
    return this.#detached(() => this.#auto.start(this.#reloader.sources));
  }

  /** Stops watching. What is in force stays. */
  disable(): Promise<void> {
    return this.#auto.stop();
  }

  /** Stops everything; leaves no handle open. */
  async stop(): Promise<void> {
    await this.#auto.stop();
    // A source or a veto that hangs must not keep the app from its end.
    await withTimeout(SHUTDOWN_GRACE, () => this.#reloader.idle()).catch(() => undefined);
    await this.dispatcher.close(SHUTDOWN_GRACE);
    await this.#closeAll(this.#reloader.sources);
  }

  reload(request: ReloadRequest): Promise<ReloadResult> {
    return this.#detached(() => this.#reloader.reload(request));
  }

  /** Takes another list of sources, and reloads. The list goes back to what it was where that is rejected. */
  changeSources(change: ChangeSources): Promise<ReloadResult> {
    // One after the other: each must know whether the list it starts from was accepted.
    const result = this.#detached(() => this.#sourcesChanged.then(() => this.#changeSources(change)));
    this.#sourcesChanged = result.catch(() => undefined);
    return result;
  }

  /** Resolves when no reload runs or waits, and no handler either. */
  async settled(): Promise<void> {
    // A handler may have asked for a reload.
    do {
      await this.#reloader.idle();
      await this.dispatcher.settled();
    } while (!this.#reloader.isIdle);
  }

  status(): HotConfigStatus {
    const { version, hash, time, cause } = this.store.current;
    const { watched, polling } = this.#auto.paths;
    return {
      version,
      hash,
      since: time,
      cause,
      reloads: this.#counter.counts,
      ...(this.#lastError && { lastError: this.#lastError }),
      drifted: this.#reloader.rejection !== undefined,
      watching: this.#auto.isRunning,
      watchedFiles: watched,
      pollingFiles: polling,
      missedEvents: this.#auto.missedEvents,
      breaker: this.#auto.breaker,
      pins: this.pins.leases.status(),
      pendingRestart: this.#reloader.pendingRestart,
      sources: this.#reloader.sources.map((source) => ({
        name: source.name,
        health: source.health?.().state ?? 'live',
      })),
    };
  }

  async #changeSources(change: ChangeSources): Promise<ReloadResult> {
    const before = this.#reloader.sources;
    this.#reloader.replaceSources(change(before));
    const result = await this.reload({ cause: 'manual', reason: 'sources changed' });
    if (result.outcome === 'rejected') {
      this.#reloader.replaceSources(before);
      // What the other sources said at the same time was rejected with it, and is to be judged without it.
      await this.reload({ cause: 'manual', reason: 'sources changed back' });
    }
    const after = this.#reloader.sources;
    await this.#auto.follow(after);
    await this.#closeAll(before.filter((source) => !after.includes(source)));
    return result;
  }

  async #closeAll(sources: readonly ConfigSource[]): Promise<void> {
    await Promise.all(
      sources.map(async (source) => {
        try {
          await source.close?.();
        } catch (error) {
          this.logger.warn(`${source.name} could not be closed: ${reasonOf(error)}`);
        }
      }),
    );
  }

  #lookForHandlers(): void {
    try {
      this.lookForHandlers();
    } catch (error) {
      this.logger.error(reasonOf(error));
    }
  }

  async #begin(request: ReloadRequest): Promise<void> {
    this.#lookForHandlers();
    if (!request.audit) await this.hooks.before(request);
  }

  #notify(previous: Snapshot | undefined, { changes }: AppliedReload): void {
    // Again: who was loaded during this reload has read the snapshot before it.
    this.#lookForHandlers();
    if (previous !== undefined)
      this.dispatcher.dispatch(previous as never, this.store.current as never, changes);
  }

  #report(result: ReloadResult, request: ReloadRequest): void {
    this.#counter.count(result);
    this.#auto.observe(result, request);
    const text = describeResult(result);
    if (result.outcome === 'rejected') {
      const { code, issues } = result.error;
      this.#lastError = { code, stage: result.stage, message: text, issues, time: new Date() };
      // At boot the error is thrown, and told by whoever catches it.
      if (result.cause !== 'boot') this.logger.error(text);
    } else {
      for (const issue of result.issues) this.logger.warn(formatIssues([issue]).trim());
      if (result.outcome === 'applied') this.logger.log(text);
      else this.logger.verbose?.(text);
    }
    this.results.tell(result);
    this.hooks.after(result);
  }
}
