import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigServiceWrites } from '../compat/nestjs-config/config-service-writes.js';
import type { DeclaredFactory } from '../compat/nestjs-config/declared-factory.js';
import type { EnvironmentVariables } from '../compat/nestjs-config/environment-variables.js';
import { FactorySources } from '../compat/nestjs-config/factory-sources.js';
import { Dispatcher } from '../changes/dispatcher.js';
import { HandlerStats } from '../changes/handler-stats.js';
import { LifecycleHooks } from '../changes/lifecycle-hooks.js';
import { reasonOf } from '../util/reason-of.js';
import { replaceStack } from '../errors/startup-error.js';
import { History } from '../history/history.js';
import { versionsToKeep } from '../history/history-options.js';
import { Rollbacks } from '../reload/rollbacks.js';
import { redactError } from '../secrets/redact-error.js';
import type { HotConfigError } from '../model/hot-config.error.js';
import { type ConfigExplanation, explain } from '../history/explain.js';
import type { ReloadPlan } from '../reload/reload-planner.js';
import { VersionComparer } from '../reload/version-comparer.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { PersistedHistory } from '../history/persistence/persisted-history.js';
import { createVersionStore } from '../history/persistence/version-store-options.js';
import type { VersionStore } from '../history/persistence/version-store.js';
import { secretPolicyOf, sourcesOf, stageOptionsOf } from './parts-from-options.js';
import { describeStatus } from './describe-status.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import type { HotConfigStatus } from './status.interface.js';
import { arePinsTraced, PinWarnings } from '../pinning/pin-warnings.js';
import { Pins } from '../pinning/pins.js';
import { Refreshables } from '../refreshable/refreshables.js';
import { AutoReload } from '../auto-reload/auto-reload.js';
import { checkDelay } from '../options/checks.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import type { CollectedLayers } from '../reload/layer-collector.js';
import { HandlerLog } from '../logging/handler-log.js';
import { Preparation } from '../reload/preparation.js';
import { LastKnownGood } from '../reload/last-known-good.js';
import { ReloadLog } from '../logging/reload-log.js';
import { Overrides } from '../reload/overrides.js';
import type { ReloadJob } from '../reload/reload-job.js';
import type { AppliedReload, ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import { Probation } from '../probation/probation.js';
import { Reloader } from '../reload/reloader.js';
import { ReloadPlanner } from '../reload/reload-planner.js';
import { describeResult } from '../logging/describe-result.js';
import { Listeners } from '../util/listeners.js';
import { SourceList } from '../reload/source-list.js';
import { SafeLogger } from '../logging/safe-logger.js';
import { withTimeout } from '../util/timeouts.js';
import { diff } from '../snapshot/diff.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { SnapshotStore } from '../snapshot/snapshot.store.js';
import { resolveWatchOptions } from '../watch/watch-options.js';
import { isWatchingEnabled } from '../auto-reload/watching-enabled.js';

/** Durations of a reload and its stages. */
export type ReloadDurations = Pick<ReloadResult, 'outcome' | 'durationMs' | 'stages'>;

/** Timeout for running reloads and handlers when the app shuts down, in ms. */
const SHUTDOWN_TIMEOUT = 5_000;

/**
 * Creates, connects, starts and stops all parts of one app. `HotConfigService` and `HotConfigManager` are its public
 * side. It does not depend on Nest's container.
 */
export class HotConfigRuntime {
  readonly store = new SnapshotStore();
  readonly pins: Pins;
  readonly history: History;
  readonly rollbacks: Rollbacks;
  readonly versionComparer: VersionComparer;
  /** Decides which values are secret, and redacts them. */
  readonly secrets: SecretPolicy;
  readonly overrides: Overrides;
  /** Values set with `ConfigService.set()`; undefined if the environment is not part of the configuration. */
  readonly configServiceWrites: ConfigServiceWrites | undefined;
  readonly probation: Probation | undefined;
  /** Undefined if versions are not stored on disk. */
  readonly versionStore: VersionStore | undefined;
  readonly lastKnownGood: LastKnownGood;
  readonly refreshables: Refreshables;
  readonly preparation: Preparation;
  readonly dispatcher: Dispatcher;
  readonly hooks: LifecycleHooks;
  readonly reloader: Reloader;
  readonly autoReload: AutoReload;
  readonly reloadLog: ReloadLog;
  readonly sources: SourceList;
  readonly handlers = new HandlerStats();
  /** Durations of the first load, for metrics, which start later. */
  bootDurations: ReloadDurations | undefined;
  readonly results: Listeners<ReloadResult>;
  /** Called before each reload and before its notification, so that handlers of modules loaded late are included. */
  discoverHandlers: () => void = () => undefined;
  /** The logger of the app, behind the redaction of secrets. */
  readonly logger: ConfigLogger;
  readonly #pinWarnings: PinWarnings;
  /** Hashes without secrets: without a shared key, the hash of a secret differs between processes. */
  readonly #comparableHasher: ContentHasher | undefined;
  readonly #factorySources: FactorySources;
  readonly #planner: ReloadPlanner;
  #stopped = false;
  /** Runs a function outside of the request that triggered it: a reload must not run in the context of a request. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(
    readonly options: HotConfigModuleOptions,
    appLogger: ConfigLogger,
    factories: readonly DeclaredFactory[] = [],
    /** Undefined if the environment is not part of the configuration. */
    readonly environment?: EnvironmentVariables,
  ) {
    const secrets = (this.secrets = secretPolicyOf(options));
    const logger = (this.logger = new SafeLogger(appLogger, (text) => secrets.redactText(text)));
    this.#comparableHasher =
      options.history?.key === undefined ? new ContentHasher(secrets, 'left out') : undefined;
    const reload = (job: ReloadJob) => this.reload(job);
    const stageOptions = stageOptionsOf(options, secrets);
    const pinWarnAfter = checkDelay('pinWarnAfter', options.pinWarnAfter ?? 300_000);
    this.reloadLog = new ReloadLog(logger);
    this.results = new Listeners((error) => this.#logFailure('A listener for reload results', error));
    this.hooks = new LifecycleHooks((label, error) => this.#logFailure(label, error));
    this.pins = new Pins(this.store, {
      afterEnd: options.afterPinEnd ?? 'release',
      traced: arePinsTraced(pinWarnAfter, process.env),
    });
    this.#pinWarnings = new PinWarnings(this.pins.leases, logger, pinWarnAfter);
    this.history = new History(
      versionsToKeep(options.history),
      (version) => this.pins.leases.isPinned(version, version + 1),
      (version) => this.probation?.needs(version) ?? false,
    );
    this.refreshables = new Refreshables({
      ambientVersion: () => this.pins.ambient().version,
      runWith: (snapshot, fn) => this.pins.runWith(snapshot, fn),
      isPinned: (from, until) => this.pins.leases.isPinned(from, until),
      discoverNew: () => this.#discoverHandlers(),
      redactError: (error) => this.#redactError(error),
      onDisposeError: (label, error) => this.#logFailure(`Disposing of component ${label}`, error),
    });
    this.pins.onVersionReleased = () => {
      this.refreshables.disposeUnused();
      this.history.prune();
    };
    this.preparation = new Preparation((candidate, changes) => this.refreshables.prepare(candidate, changes));
    this.dispatcher = new Dispatcher({
      runWith: (snapshot, fn) => this.pins.runWith(snapshot as Snapshot, fn),
      diff: (previous, current) => diff(previous, current, secrets.root),
    });
    const handlerLog = new HandlerLog(logger);
    this.dispatcher.handlerEvents.add((event) => handlerLog.write(event));
    this.dispatcher.handlerEvents.add((event) => this.handlers.count(event));
    this.autoReload = new AutoReload(options, logger, reload);
    this.#factorySources = new FactorySources(environment);
    this.reloader = new Reloader(
      [
        ...sourcesOf(options),
        ...(environment === undefined ? [] : [environment.source]),
        ...this.#factorySources.sourcesOf(factories),
      ],
      {
        ...stageOptions,
        store: this.store,
        lastVersion: () =>
          Math.max(this.history.records.at(-1)?.version ?? 0, this.versionStore?.lastVersion ?? 0),
        preparation: this.preparation,
        writeGuard: {
          activity: () => this.autoReload.writeActivity,
          maxWait: resolveWatchOptions(options).maxWait,
        },
        adopted: (layers) => environment?.follow(layers),
        started: (request) => this.#reloadStarted(request),
        committed: (previous, result, collected) => this.#reloadCommitted(previous, result, collected),
        ended: (result, request) => this.#reloadEnded(result, request),
      },
    );
    this.#planner = new ReloadPlanner({
      reloader: this.reloader,
      vetoes: (changes) => this.preparation.concernedBy(changes),
      handlers: (changes) => this.dispatcher.concernedBy(changes),
      components: (changes) =>
        this.refreshables.affectedBy(changes).map(({ definition }) => definition.label),
      redact: (message) => secrets.redactText(message),
      redactError: (error) => this.#redactError(error),
    });
    this.versionStore = createVersionStore(options.history ?? {}, {
      isSecret: (segments, text) => secrets.isSecret(segments) || secrets.containsSecret(text),
      logger,
      onAlreadyStored: (record, version) => this.history.markRestored(record.version, version),
    });
    this.lastKnownGood = new LastKnownGood({ history: this.history, logger, reload });
    this.rollbacks = new Rollbacks({
      history: this.history,
      reload,
      lastRead: (source) => this.reloader.layers.lastRead(source),
    });
    this.versionComparer = new VersionComparer({
      history: this.history,
      secrets: this.secrets,
      draft: (record) => this.#planner.draft(record),
    });
    this.overrides = new Overrides({
      source: this.reloader.layers.overrides,
      limits: stageOptions.limits,
      reload,
      value: () => this.store.current.value,
      secrets,
    });
    this.configServiceWrites =
      environment &&
      new ConfigServiceWrites({
        environment,
        secrets,
        logger,
        reload,
        pin: () => this.pins.active,
        override: (path, value, about) => this.overrides.set(path, value, about),
      });
    this.probation =
      options.probation &&
      new Probation(options.probation, {
        logger,
        runWith: (snapshot, fn) => this.pins.runWith(snapshot, fn),
        idle: () => this.reloader.idle(),
        rollBack: (version, reason) => this.rollbacks.run({ version }, { reason, actor: 'probation' }),
      });
    this.pins.outcomes = this.probation?.outcomes;
    this.sources = new SourceList(this.reloader, this.autoReload, reload, logger);
  }

  /**
   * Loads the configuration for the first time.
   *
   * @throws HotConfigError if it cannot be used, and the app does not start on an earlier version
   */
  async boot(): Promise<void> {
    await this.#loadHistory();
    const result = await this.reload({ cause: 'boot' });
    const { outcome, durationMs, stages } = result;
    this.bootDurations = { outcome, durationMs, stages };
    if (result.outcome !== 'rejected') return;
    const isFinal = this.options.onInvalidBoot !== 'lastKnownGood';
    const noVersionReason = isFinal ? '' : await this.lastKnownGood.start(result);
    if (noVersionReason === undefined) return;
    await this.sources.close();
    throw replaceStack(result.error, [describeResult(result), noVersionReason].filter(Boolean).join('\n'));
  }

  /** Starts watching, if the options enable it. */
  async start(): Promise<void> {
    this.#pinWarnings.start();
    if (isWatchingEnabled(this.options, process.env)) await this.enable();
  }

  /** Starts watching, and applies what has changed meanwhile. Does nothing once the app has been stopped. */
  async enable(): Promise<void> {
    if (!this.#stopped) await this.#detached(() => this.autoReload.start(this.reloader.sources));
  }

  /** Stops watching. Resolves when the reloads that watching had requested have ended. */
  async disable(): Promise<void> {
    this.probation?.end();
    await this.autoReload.stop();
    // A caller inside a reload must not wait for it: the reload waits for the caller.
    if (!this.reloader.isInsideReload) await this.autoReload.settled();
  }

  /** Stops watching, reloads and notifications; leaves no handle open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pinWarnings.stop();
    this.overrides.close();
    this.probation?.close();
    await this.autoReload.stop();
    // A source or a veto that hangs must not prevent the shutdown.
    await withTimeout(SHUTDOWN_TIMEOUT, () => this.reloader.idle()).catch(() => undefined);
    await this.dispatcher.close(SHUTDOWN_TIMEOUT);
    await withTimeout(SHUTDOWN_TIMEOUT, () => this.versionStore?.close()).catch(() => undefined);
    await this.sources.close();
  }

  /** Requests a reload. The promise never rejects: a failed reload is a result with the outcome `rejected`. */
  reload(job: ReloadJob): Promise<ReloadResult> {
    return this.#detached(() => this.reloader.reload(job));
  }

  /**
   * Adds a configuration factory of a module that is loaded later.
   *
   * @throws HotConfigError if the factory fails, or its result is not valid
   */
  addFactory(factory: DeclaredFactory): Promise<void> {
    return this.#factorySources.add(factory, this.sources);
  }

  /** Resolves when no reload and no handler runs or waits, and every version has been written to disk. */
  async settled(): Promise<void> {
    // A handler may have requested another reload.
    do {
      await this.configServiceWrites?.settled();
      await this.reloader.idle();
      await this.dispatcher.settled();
      await this.versionStore?.settled();
    } while (!this.reloader.isIdle);
  }

  /** @throws ConfigMissingKeyError if the path has no value */
  explain(path: string): ConfigExplanation {
    const { layers, pendingRestart } = this.reloader;
    return explain(path, {
      current: this.store.current,
      layers: layers.layersWithOverrides,
      records: this.history.records,
      overrides: layers.overrides.entries,
      pendingRestart,
      redact: (segments, value) => this.secrets.redact(value, segments),
    });
  }

  /** Predicts the result of a reload with `candidate` on top of the content of the sources. Applies nothing. */
  plan(candidate?: object): Promise<ReloadPlan> {
    this.#discoverHandlers();
    return this.#detached(() => this.#planner.plan(candidate));
  }

  status(): HotConfigStatus {
    return describeStatus(this);
  }

  /** Returns a hash of `value` for comparing processes; undefined if the hash of the snapshot serves for that. */
  comparableHash(value: unknown): string | undefined {
    return this.#comparableHasher?.hash(value);
  }

  async #loadHistory(): Promise<void> {
    if (this.versionStore === undefined) return;
    const persisted = new PersistedHistory({
      store: this.versionStore,
      history: this.history,
      live: (source) => this.reloader.layers.liveLayer(source),
      logger: this.logger,
    });
    await persisted.open();
  }

  async #reloadStarted(request: ReloadRequest): Promise<void> {
    this.#discoverHandlers();
    if (request.audit) return;
    const { reason, actor } = request;
    await this.hooks.before({
      ...request,
      ...(reason !== undefined && { reason: this.secrets.redactText(reason) }),
      ...(actor !== undefined && { actor: this.secrets.redactText(actor) }),
    });
  }

  #reloadCommitted(
    previous: Snapshot | undefined,
    result: AppliedReload,
    { restoredVersion }: CollectedLayers,
  ): void {
    const record = this.history.add({
      snapshot: this.store.current,
      result,
      layers: this.reloader.layers.layers,
      overrides: this.reloader.layers.overrides.entries,
      restored: restoredVersion,
    });
    this.probation?.committed(this.store.current);
    this.versionStore?.save(record);
    // Again: a module loaded during this reload has read the previous snapshot.
    this.#discoverHandlers();
    if (previous !== undefined) this.dispatcher.dispatch(previous, this.store.current, result.changes);
  }

  #reloadEnded(result: ReloadResult, request: ReloadRequest): void {
    this.reloadLog.write(result);
    this.autoReload.observe(result, request);
    if (this.reloader.rejection === undefined) this.lastKnownGood.end();
    this.overrides.scheduleExpiry();
    this.results.emit(result);
    this.hooks.after(result);
    const overridesChanged = result.outcome === 'applied' && request.cause === 'override';
    if (overridesChanged && this.autoReload.isRunning) this.reloader.revalidate();
  }

  #redactError<E extends HotConfigError>(error: E): E {
    return redactError(error, (text) => this.secrets.redactText(text));
  }

  #discoverHandlers(): void {
    try {
      this.discoverHandlers();
    } catch (error) {
      this.logger.error(reasonOf(error));
    }
  }

  #logFailure(subject: string, error: unknown): void {
    this.logger.error(`${subject} failed: ${reasonOf(error)}`);
  }
}
