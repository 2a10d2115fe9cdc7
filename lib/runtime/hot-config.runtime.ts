import { setImmediate as nextTurn } from 'node:timers/promises';
import { isWatchingEnabled } from '../auto-reload/watching-enabled.js';
import type { DeclaredFactory } from '../compat/nestjs-config/declared-factory.js';
import type { EnvironmentVariables } from '../compat/nestjs-config/environment-variables.js';
import { replaceStack } from '../errors/startup-error.js';
import { explain, type ConfigExplanation } from '../history/explain.js';
import { PersistedHistory } from '../history/persistence/persisted-history.js';
import type { AppLogger } from '../logging/app-logger.interface.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { describeResult } from '../logging/describe-result.js';
import type { Layer } from '../model/layer.interface.js';
import type { RejectedReload, ReloadResult, UnchangedReload } from '../model/reload-result.interface.js';
import { compilePattern } from '../patterns/pattern.js';
import type { PreparedReload } from '../reload/prepared-reload.js';
import type { ReloadJob } from '../reload/reload-job.js';
import type { ReloadObservers } from '../reload/reload-observers.js';
import type { PlanOptions, ReloadPlan } from '../reload/reload-planner.js';
import type { OutcomeCounters } from '../pinning/outcome-counters.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { SourceChanges } from '../reload/source-changes.js';
import type { HandlerEvent } from '../changes/handler-event.js';
import type { ReloadCount } from '../logging/reload-counter.js';
import { keepAlive } from '../util/keep-alive.js';
import type { Listeners } from '../util/listeners.js';
import type { PlacedSchema } from '../validation/app-schemas.js';
import { controlMethodRegistry } from './control-methods.registry.js';
import { createCore, type Core } from './core.js';
import { HotConfigManager } from './hot-config.manager.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import { NamedRegistry } from './named-registry.js';
import { findInstrumentMistake } from './instrument-names.js';
import type { ObservableInstrument } from './instrument.interface.js';
import type { Parts } from './parts.js';
import type { HotConfigPort, ReloadDurations } from './port.interface.js';
import { Problems } from './problems.js';
import { StatusMembers } from './status-members.js';
import type { HotConfigStatus } from './status.interface.js';

/**
 * One app's configuration, from its boot to its end. `HotConfigService` and `HotConfigManager` are its public side, and
 * `HotConfigPort` is what outside parts see of it. It does not depend on Nest's container.
 */
export class HotConfigRuntime implements HotConfigPort {
  /** The parts, for the code that connects them with Nest. */
  readonly core: Core;
  readonly options: HotConfigModuleOptions;
  readonly manager = new HotConfigManager(this);
  readonly logger: SafeLogger;
  readonly secrets: SecretPolicy;
  readonly parts: Parts;
  readonly observers: ReloadObservers;
  readonly outcomes: OutcomeCounters;
  readonly sources: SourceChanges;
  readonly handlerEvents: Listeners<HandlerEvent>;
  readonly statusMembers: StatusMembers['registry'];
  readonly controlMethods = controlMethodRegistry();
  readonly instruments = new NamedRegistry<ObservableInstrument>('instrument', findInstrumentMistake);
  readonly problemDetectors: Problems['detectors'];
  readonly #problems: Problems;
  readonly #members: StatusMembers;
  #bootDurations: ReloadDurations | undefined;
  #stopping: Promise<void> | undefined;
  #isStarted = false;

  constructor(
    options: HotConfigModuleOptions,
    appLogger: AppLogger,
    factories: readonly DeclaredFactory[] = [],
    environment?: EnvironmentVariables,
    namespaces: readonly PlacedSchema[] = [],
  ) {
    this.options = options;
    this.core = createCore(options, appLogger, factories, environment, namespaces);
    const { logger, secrets, parts, observers, pins, sourceChanges, dispatcher } = this.core;
    this.logger = logger;
    this.secrets = secrets;
    this.parts = parts;
    this.observers = observers;
    this.outcomes = pins.outcomes;
    this.sources = sourceChanges;
    this.handlerEvents = dispatcher.handlerEvents;
    this.#members = new StatusMembers(logger, secrets);
    this.statusMembers = this.#members.registry;
    this.#problems = new Problems({ logger, redact: (text) => secrets.redactText(text) });
    this.problemDetectors = this.#problems.detectors;
  }

  /**
   * Loads the configuration for the first time.
   *
   * @throws HotConfigError if it cannot be used, and the app does not start on an earlier version
   */
  async boot(): Promise<void> {
    const { options, sourceChanges, lastKnownGood } = this.core;
    const persisted = await this.#loadHistory();
    const kept = persisted && ((source: string) => persisted.layerAtBoot(source));
    const result = await this.reload({ cause: 'boot', ...(kept && { kept }) });
    this.#bootDurations = result;
    if (result.outcome !== 'rejected') return this.#checkPatterns();
    const isFinal = options.onInvalidBoot !== 'lastKnownGood';
    const noVersionReason = isFinal ? '' : await lastKnownGood.boot(result);
    if (noVersionReason === undefined) return this.#checkPatterns();
    await sourceChanges.close();
    throw replaceStack(result.error, [describeResult(result), noVersionReason].filter(Boolean).join('\n'));
  }

  /** Starts all parts, and watches the sources if the options enable it. */
  async start(): Promise<void> {
    const { parts, options, knownPatterns } = this.core;
    this.#isStarted = true;
    knownPatterns.started();
    await parts.start();
    if (isWatchingEnabled(options, process.env)) await this.enable();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Starts watching, and applies what has changed meanwhile. Does nothing once the app has been stopped. */
  async enable(): Promise<void> {
    if (this.#stopping === undefined) {
      const watching = this.core.autoReload.watch(this.core.sources.all);
      if (!this.#isInsideReload) await watching;
    }
    await nextTurn(); // as in settled()
  }

  /** Stops watching. Resolves when the reloads that watching had requested have ended. */
  async disable(): Promise<void> {
    const { probation, autoReload } = this.core;
    probation?.end();
    await autoReload.stop();
    if (!this.#isInsideReload) await autoReload.settled();
    await nextTurn(); // as in settled()
  }

  /** Stops watching, reloads and notifications; leaves no handle open. */
  stop(): Promise<void> {
    this.#stopping ??= this.core.parts.close();
    return this.#stopping;
  }

  /** Resolves when no reload and no handler runs or waits, and every version has been written to disk. */
  async settled(): Promise<void> {
    const error = this.core.guard.selfWait('settled()', 'settled');
    // Also if there is nothing to wait for: code that calls it again and again must not starve the event loop.
    await nextTurn();
    if (error !== undefined) throw error;
    await keepAlive(this.core.parts.idle(() => this.core.reloader.isIdle));
  }

  /** `true` if a reload waits for the calling code: that must not wait for the reload. */
  get #isInsideReload(): boolean {
    return this.core.calls.current?.isAwaitedBy('reload') === true;
  }

  reload(job: ReloadJob): Promise<ReloadResult> {
    return this.core.reloader.reload(job);
  }

  prepare(job: ReloadJob): Promise<PreparedReload | UnchangedReload | RejectedReload> {
    return this.core.reloader.prepare(job);
  }

  get snapshot(): Snapshot {
    return this.core.store.current;
  }

  layerOf(source: ConfigSource): Layer | undefined {
    return this.core.store.inForce.layers.get(source);
  }

  /**
   * Adds a configuration factory of a module that is loaded later.
   *
   * @throws HotConfigError if the factory fails, or its result is not valid
   */
  async addFactory(factory: DeclaredFactory): Promise<void> {
    const { factorySources, sourceChanges, schemaChanges } = this.core;
    if (factorySources.has(factory)) return;
    await schemaChanges.with(factory.schema, () => factorySources.add(factory, sourceChanges));
  }

  /**
   * Adds the schema of a namespace of a module that is loaded later.
   *
   * @throws HotConfigError if the configuration in force does not satisfy it
   */
  addSchema(schema: PlacedSchema): Promise<void> {
    return this.core.schemaChanges.add(schema);
  }

  /** The schemas of the app: that of `forRoot()`, and those of namespaces. */
  get schemas(): readonly PlacedSchema[] {
    return this.core.schemas.all;
  }

  /** @throws ConfigMissingKeyError if the path has no value */
  explain(path: string): ConfigExplanation {
    const { store, history, secrets, stages, staleReads } = this.core;
    const { overrides, pendingRestart } = store.inForce;
    return explain(path, {
      current: store.current,
      layers: [...stages.visible(store.inForce).visible.values()],
      records: history.records,
      overrides,
      pendingRestart,
      readAtStart: (segments) => staleReads.of(segments),
      secrets,
      redact: (segments, value) => secrets.redact(value, segments),
    });
  }

  /** Predicts the result of a reload with `candidate` on top of the content of the sources. Applies nothing. */
  plan(candidate?: object, options?: PlanOptions): Promise<ReloadPlan> {
    this.core.discovery.run();
    return this.core.planner.plan(candidate, options);
  }

  get reloadCounts(): readonly ReloadCount[] {
    return this.core.reloadLog.counter.countsByCause;
  }

  get bootDurations(): ReloadDurations | undefined {
    return this.#bootDurations;
  }

  status(): HotConfigStatus {
    const status = { ...this.core.status(), ...this.#members.read() };
    return { ...status, problems: this.#problems.of(status) };
  }

  /** @throws ConfigPatternError if a pattern in the options can select nothing, and the schema is strict */
  async #checkPatterns(): Promise<void> {
    const { options, knownPatterns, sourceChanges } = this.core;
    const { restartRequired = [], secrets = [] } = options;
    try {
      knownPatterns.checkDeclared('restartRequired', restartRequired.map(compilePattern), 'both');
      knownPatterns.checkSecrets(secrets);
    } catch (error) {
      await sourceChanges.close();
      throw error;
    }
  }

  async #loadHistory(): Promise<PersistedHistory | undefined> {
    const { versionStore: store, history, collector, logger, sourceChanges } = this.core;
    if (store === undefined) return undefined;
    const live = (source: string) => collector.liveLayer(source);
    const persisted = new PersistedHistory({ store, history, live, logger });
    await persisted.open().catch(async (error: unknown) => {
      await sourceChanges.close();
      throw error;
    });
    return persisted;
  }
}
