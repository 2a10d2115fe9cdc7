import { AsyncLocalStorage } from 'node:async_hooks';
import type { Environment } from '../compat/nestjs-config/environment.js';
import { WrittenValues } from '../compat/nestjs-config/written-values.js';
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
import { versionStoreOf } from '../history/persistence/version-store-options.js';
import type { VersionStore } from '../history/persistence/version-store.js';
import { secretPolicyOf, sourcesOf, stageRulesOf } from './parts-from-options.js';
import { describeStatus } from './describe-status.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import type { HotConfigStatus } from './status.interface.js';
import { PinWarnings } from '../pinning/pin-warnings.js';
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
import type { Feature } from '../compat/nestjs-config/feature.js';
import { Features } from '../compat/nestjs-config/features.js';
import { resolveWatchOptions } from '../watch/watch-options.js';
import { isWatchingEnabled } from '../auto-reload/watching-enabled.js';

/** How long a reload took, and each of its stages. */
export type ReloadTimes = Pick<ReloadResult, 'outcome' | 'durationMs' | 'stages'>;

/** How long running reloads and handlers are waited for when the app shuts down, in ms. */
const SHUTDOWN_GRACE = 5_000;

/**
 * The parts of one app, put together and run: made by the module, behind `HotConfigService` and `HotConfigManager`.
 * Knows nothing of Nest.
 */
export class HotConfigRuntime {
  readonly store = new SnapshotStore();
  readonly pins: Pins;
  readonly history: History;
  readonly rollbacks: Rollbacks;
  readonly comparisons: VersionComparer;
  /** What is secret, and how it is hidden. */
  readonly secrets: SecretPolicy;
  readonly overrides: Overrides;
  /** What `ConfigService.set()` wrote, where the app is one for `@nestjs/config`. */
  readonly written: WrittenValues | undefined;
  /** Where the app wants new versions to prove themselves. */
  readonly probation: Probation | undefined;
  /** What writes versions to disk; undefined where that is not wanted. */
  readonly versionStore: VersionStore | undefined;
  readonly lastKnownGood: LastKnownGood;
  readonly refreshables: Refreshables;
  readonly preparation: Preparation;
  readonly dispatcher: Dispatcher;
  readonly hooks: LifecycleHooks;
  readonly reloader: Reloader;
  readonly auto: AutoReload;
  readonly log: ReloadLog;
  readonly sources: SourceList;
  /** Whether somebody starts and stops it. */
  isHosted = false;
  /** How handlers fare. */
  readonly handlers = new HandlerStats();
  /** How long the first load took, for those who could not listen yet. */
  bootTimes: ReloadTimes | undefined;
  /** Everybody who wants to know how reloads end. */
  readonly results: Listeners<ReloadResult>;
  /** Called before each reload, and before it is told, so that who came lately is asked and told too. */
  discoverHandlers: () => void = () => undefined;
  private readonly logger: ConfigLogger;
  readonly #pinWarnings: PinWarnings;
  /** Without a key that they share, no two processes have the same hash of a secret. */
  readonly #comparing: ContentHasher | undefined;
  readonly #features: Features;
  readonly #planning: ReloadPlanner;
  #stopped = false;
  /** Runs a function outside of the request that set it off: a reload belongs to nobody's context. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(
    readonly options: HotConfigModuleOptions,
    appLogger: ConfigLogger,
    features: readonly Feature[] = [],
    /** The environment, where it is part of the configuration. */
    readonly environment?: Environment,
  ) {
    const secrets = (this.secrets = secretPolicyOf(options));
    const logger = (this.logger = new SafeLogger(appLogger, (text) => secrets.redactText(text)));
    this.#comparing = options.history?.key === undefined ? new ContentHasher(secrets, 'left out') : undefined;
    const reload = (order: ReloadJob) => this.reload(order);
    const rules = stageRulesOf(options, secrets);
    const pinWarnAfter = checkDelay('pinWarnAfter', options.pinWarnAfter ?? 300_000);
    this.log = new ReloadLog(logger);
    this.results = new Listeners((error) => this.#complain('A listener for reload results', error));
    this.hooks = new LifecycleHooks((label, error) => this.#complain(label, error));
    this.pins = new Pins(this.store, {
      afterEnd: options.afterPinEnd ?? 'release',
      traced: pinWarnAfter > 0 && process.env['NODE_ENV'] !== 'production',
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
      discoverNew: () => this.#lookForHandlers(),
      withoutSecrets: (error) => this.#withoutSecrets(error),
      disposeFailed: (label, error) => this.#complain(`Disposing of ${label}`, error),
    });
    this.pins.released = () => {
      this.refreshables.released();
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
    this.auto = new AutoReload(options, logger, reload);
    this.#features = new Features(environment);
    this.reloader = new Reloader(
      [
        ...sourcesOf(options),
        ...(environment === undefined ? [] : [environment.source]),
        ...this.#features.sourcesOf(features),
      ],
      {
        ...rules,
        store: this.store,
        lastVersion: () =>
          Math.max(this.history.records.at(-1)?.version ?? 0, this.versionStore?.lastVersion ?? 0),
        preparation: this.preparation,
        writeGuard: {
          activity: () => this.auto.writeActivity,
          maxWait: resolveWatchOptions(options).maxWait,
        },
        adopted: (layers) => environment?.follow(layers),
        started: (request) => this.#reloadStarted(request),
        committed: (previous, result, collected) => this.#reloadCommitted(previous, result, collected),
        ended: (result, request) => this.#reloadEnded(result, request),
      },
    );
    this.#planning = new ReloadPlanner({
      reloader: this.reloader,
      vetoes: (changes) => this.preparation.concernedBy(changes),
      handlers: (changes) => this.dispatcher.concernedBy(changes),
      components: (changes) => this.refreshables.touchedBy(changes).map(({ definition }) => definition.label),
      redact: (message) => secrets.redactText(message),
      redactError: (error) => this.#withoutSecrets(error),
    });
    this.versionStore = versionStoreOf(options.history ?? {}, {
      isSecret: (segments, text) => secrets.isSecret(segments) || secrets.containsSecret(text),
      logger,
      recognised: (record, version) => this.history.recognise(record.version, version),
    });
    this.lastKnownGood = new LastKnownGood({ history: this.history, logger, reload });
    this.rollbacks = new Rollbacks({
      history: this.history,
      reload,
      lastRead: (source) => this.reloader.layers.lastRead(source),
    });
    this.comparisons = new VersionComparer({
      history: this.history,
      secrets: this.secrets,
      draft: (record) => this.#planning.draft(record),
    });
    this.overrides = new Overrides({
      source: this.reloader.layers.overrides,
      limits: rules.limits,
      reload,
      value: () => this.store.current.value,
      secrets,
    });
    this.written =
      environment &&
      new WrittenValues({
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
    this.sources = new SourceList(this.reloader, this.auto, reload, logger);
  }

  /** The first load. Throws what is wrong with the configuration; nothing runs on a bad one. */
  async boot(): Promise<void> {
    await this.#loadHistory();
    const result = await this.reload({ cause: 'boot' });
    const { outcome, durationMs, stages } = result;
    this.bootTimes = { outcome, durationMs, stages };
    if (result.outcome !== 'rejected') return;
    const isFinal = this.options.onInvalidBoot !== 'lastKnownGood';
    const noneBefore = isFinal ? '' : await this.lastKnownGood.start(result);
    if (noneBefore === undefined) return;
    await this.sources.close();
    throw replaceStack(result.error, [describeResult(result), noneBefore].filter(Boolean).join('\n'));
  }

  /** Starts to watch, where the app wants it. */
  async start(): Promise<void> {
    this.#pinWarnings.start();
    if (isWatchingEnabled(this.options, process.env)) await this.enable();
  }

  /** Starts to watch, and catches up with what changed meanwhile. An app that has ended is left alone. */
  async enable(): Promise<void> {
    if (!this.#stopped) await this.#detached(() => this.auto.start(this.reloader.sources));
  }

  /** Stops watching. What is in force stays, once the reloads have ended that watching had asked for. */
  async disable(): Promise<void> {
    this.probation?.end();
    await this.auto.stop();
    // Whoever a reload waits for must not wait for it.
    if (!this.reloader.isInsideReload) await this.auto.settled();
  }

  /** Stops watching, reloading and telling; leaves no handle open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pinWarnings.stop();
    this.overrides.close();
    this.probation?.close();
    await this.auto.stop();
    // A source or a veto that hangs must not keep the app from its end.
    await withTimeout(SHUTDOWN_GRACE, () => this.reloader.idle()).catch(() => undefined);
    await this.dispatcher.close(SHUTDOWN_GRACE);
    await withTimeout(SHUTDOWN_GRACE, () => this.versionStore?.close()).catch(() => undefined);
    await this.sources.close();
  }

  /** Asks for a reload. Never rejects: what went wrong is in the result. */
  reload(order: ReloadJob): Promise<ReloadResult> {
    return this.#detached(() => this.reloader.reload(order));
  }

  /**
   * Adds a factory that was not known at boot.
   *
   * @throws HotConfigError where its factory fails, or gives what is not valid
   */
  addFeature(feature: Feature): Promise<void> {
    return this.#features.add(feature, this.sources);
  }

  /** Resolves when no reload runs or waits, no handler either, and every version is on disk that goes there. */
  async settled(): Promise<void> {
    // A handler may have asked for a reload.
    do {
      await this.written?.settled();
      await this.reloader.idle();
      await this.dispatcher.settled();
      await this.versionStore?.settled();
    } while (!this.reloader.isIdle);
  }

  /** @throws ConfigMissingKeyError where there is no value */
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

  /** What a reload would do now, with `candidate` on top of what the sources say. Nothing is done. */
  plan(candidate?: object): Promise<ReloadPlan> {
    this.#lookForHandlers();
    return this.#detached(() => this.#planning.plan(candidate));
  }

  status(): HotConfigStatus {
    return describeStatus(this);
  }

  /** The hash of `value` by which processes are compared; undefined where that of the snapshot does. */
  comparableHash(value: unknown): string | undefined {
    return this.#comparing?.hash(value);
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
    this.#lookForHandlers();
    if (request.audit) return;
    const { reason, actor } = request;
    await this.hooks.before({
      ...request,
      ...(reason !== undefined && { reason: this.secrets.redactText(reason) }),
      ...(actor !== undefined && { actor: this.secrets.redactText(actor) }),
    });
  }

  #notify(previous: Snapshot | undefined, result: AppliedReload, { restored }: CollectedLayers): void {
    const record = this.history.add({
      snapshot: this.store.current,
      result,
      layers: this.reloader.layers.layers,
      overrides: this.reloader.layers.overrides.entries,
      restored: restoredVersion,
    });
    this.probation?.committed(this.store.current);
    this.versionStore?.save(record);
    // Again: who was loaded during this reload has read the snapshot before it.
    this.#lookForHandlers();
    if (previous !== undefined) this.dispatcher.dispatch(previous, this.store.current, result.changes);
  }

  #reloadEnded(result: ReloadResult, request: ReloadRequest): void {
    this.log.write(result);
    this.auto.observe(result, request);
    if (this.reloader.rejection === undefined) this.lastKnownGood.end();
    this.overrides.scheduleExpiry();
    this.results.emit(result);
    this.hooks.after(result);
    const areOthersSet = result.outcome === 'applied' && request.cause === 'override';
    if (areOthersSet && this.auto.isRunning) this.reloader.revalidate();
  }

  #withoutSecrets<E extends HotConfigError>(error: E): E {
    return redactError(error, (text) => this.secrets.redactText(text));
  }

  #lookForHandlers(): void {
    try {
      this.discoverHandlers();
    } catch (error) {
      this.logger.error(reasonOf(error));
    }
  }

  #complain(who: string, error: unknown): void {
    this.logger.error(`${who} failed: ${reasonOf(error)}`);
  }
}
