import { AutoReload } from '../auto-reload/auto-reload.js';
import { SighupReload } from '../auto-reload/sighup.js';
import { Dispatcher } from '../changes/dispatcher.js';
import { HandlerStats } from '../changes/handler-stats.js';
import { LifecycleHooks } from '../changes/lifecycle-hooks.js';
import { ConfigServiceWrites } from '../compat/nestjs-config/config-service-writes.js';
import type { DeclaredFactory } from '../compat/nestjs-config/declared-factory.js';
import type { EnvironmentVariables } from '../compat/nestjs-config/environment-variables.js';
import { FactorySources } from '../compat/nestjs-config/factory-sources.js';
import { History } from '../history/history.js';
import { shownRevision } from '../history/shown-revision.js';
import { HandlerLog } from '../changes/handler-log.js';
import { ReloadLog } from '../logging/reload-log.js';
import type { AppLogger } from '../logging/app-logger.interface.js';
import type { Part } from '../model/part.interface.js';
import { PinWarnings } from '../pinning/pin-warnings.js';
import { Calls } from '../pinning/calls.js';
import { Pins } from '../pinning/pins.js';
import { Probation } from '../probation/probation.js';
import { Refreshables } from '../refreshable/refreshables.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import { AllowedVariables } from '../sources/content/allowed-variables.js';
import { ParserThread } from '../sources/content/parser-thread.js';
import { EnvSource } from '../sources/env.source.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { Layer } from '../model/layer.interface.js';
import { CommitStore } from '../reload/commit.js';
import { LastKnownGood } from '../reload/last-known-good.js';
import { LastRejection } from '../reload/last-rejection.js';
import { LayerCollector } from '../reload/layer-collector.js';
import { Overrides } from '../reload/overrides.js';
import { Participants } from '../reload/participants.js';
import { ReloadObservers } from '../reload/reload-observers.js';
import { ReloadPlanner } from '../reload/reload-planner.js';
import { Reloader } from '../reload/reloader.js';
import { RequestGuard } from '../reload/request-guard.js';
import { Revalidation } from '../reload/revalidation.js';
import { Rollbacks } from '../reload/rollbacks.js';
import { SchemaChanges } from '../reload/schema-changes.js';
import { SourceChanges } from '../reload/source-changes.js';
import { SourceList } from '../reload/source-list.js';
import { SourceStates } from '../sources/source-states.js';
import { Stages } from '../reload/stages.js';
import { VersionComparer } from '../reload/version-comparer.js';
import { VersionNumbers } from '../reload/version-numbers.js';
import { VersionRecorder } from '../reload/version-recorder.js';
import { VersionStatus } from '../reload/version-status.js';
import { Vetoes } from '../reload/vetoes.js';
import { FileWrites } from '../watch/file-writes.js';
import { diff } from '../snapshot/diff.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { reasonOf } from '../util/reason-of.js';
import { StaleReads } from '../start-reads/stale-reads.js';
import { StartReads } from '../start-reads/start-reads.js';
import type { PlacedSchema } from '../validation/app-schemas.js';
import { Discovery } from './discovery.js';
import { KnownPatterns } from './known-patterns.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import { membersOf, Parts } from './parts.js';
import { secretsInForce } from '../reload/secrets-in-force.js';
import { redactError } from '../secrets/redact-error.js';
import { resolveOptions, sourcesOf, versionStoreOf } from './resolve-options.js';

/**
 * Creates all parts of one app, each from those above it. It reads from top to bottom: what is in force, where
 * configuration comes from, how a reload runs and who may refuse it, what requests reloads, and who learns about them.
 *
 * @param factories the configuration factories of the modules that are known at boot
 * @param namespaces the schemas of namespaces that these modules declare
 * @param environment undefined if the environment is not part of the configuration
 */
export function createCore(
  options: HotConfigModuleOptions,
  appLogger: AppLogger,
  factories: readonly DeclaredFactory[],
  environment: EnvironmentVariables | undefined,
  namespaces: readonly PlacedSchema[],
) {
  const resolved = resolveOptions(options, appLogger, namespaces);
  const { secrets, logger, limits, schemas } = resolved;
  const redact = (text: string) => secrets.redactText(text);
  const failed = (subject: string, error: unknown) => logger.error(`${subject} failed: ${reasonOf(error)}`);
  const basics = { options, environment, secrets, logger, schemas };

  // What is in force, and what holds it.
  const store = new CommitStore();
  secrets.follow(() => secretsInForce(store.inForce));
  const pins = new Pins(store, resolved.pins);
  const { leases } = pins;
  const calls = new Calls(pins);
  const startReads = new StartReads(pins);
  const pinWarnings = new PinWarnings(leases, logger, resolved.pinWarnAfter);
  const isPinned = (version: number) => leases.isPinned(version, version + 1);
  const history = new History(resolved.versionsToKeep, isPinned);
  pins.onVersionReleased(() => history.prune());

  // Where configuration comes from.
  const factorySources = new FactorySources(environment);
  const sources = new SourceList([
    ...factorySources.withEnvironment(sourcesOf(options)),
    ...(environment === undefined ? [] : [environment.source]),
    ...factorySources.sourcesOf(factories),
  ]);
  const versionStore = versionStoreOf(options, { secrets, logger, history, sources, limits });
  const kept = { store, pins, calls, startReads, history, versionStore };
  const revisionOf = (source: ConfigSource, layer: Layer) => shownRevision(source, layer, secrets);
  const states = new SourceStates({ sources, store, logger, redact, revisionOf });
  const writes = new FileWrites(resolved.maxWait);
  const variables = new AllowedVariables({
    listed: resolved.interpolate?.environment,
    readers: () => sources.all.filter((source) => source instanceof EnvSource),
    secrets,
  });
  const thread = new ParserThread();
  const origins = { sources, factorySources };

  // How a reload runs, and who may refuse it.
  const discovery = new Discovery(logger);
  const collector = new LayerCollector({
    ...resolved,
    calls,
    store,
    sources,
    states,
    writes,
    variables,
    thread,
  });
  const stages = new Stages({ ...resolved, calls, store, variables, memory: collector.memory });
  const vetoes = new Vetoes(calls);
  const refreshables = new Refreshables({
    areRequestsPinned: options.pinning !== false,
    ambient: { version: () => pins.ambient().version, isLeftBehind: () => pins.isLeftBehind },
    isPinned: (from, until) => leases.isPinned(from, until),
    heldOn: (from, until) => leases.heldOn(from, until),
    runWith: (snapshot, fn) => pins.runWith(snapshot, fn),
    calls,
    discoverNew: () => discovery.run(),
    redactError: (error) => redactError(error, redact),
    warn: (message) => logger.warn(message),
    onDisposeError: (label, error) => failed(`Disposing of component ${label}`, error),
  });
  pins.onVersionReleased(() => refreshables.disposeUnused());
  const participants = new Participants([vetoes, refreshables], (error) =>
    failed('A participant in a commit', error),
  );
  const observers = new ReloadObservers((error) => failed('An observer of reloads', error));
  const rejection = new LastRejection();
  const versions = new VersionNumbers(history, versionStore, isPinned);
  const guard = new RequestGuard(calls, logger);
  const decision = { collector, stages, participants, rejection, versions };
  const reloader = new Reloader({ ...decision, store, observers, secrets, calls, guard });
  const { reload } = reloader;
  const reloads = { discovery, collector, stages, vetoes, refreshables, observers, guard, reloader };

  // What requests reloads.
  const autoReload = new AutoReload(options, { logger, reload, states, writes, rejection });
  const sighup = options.reloadOnSighup === true ? new SighupReload({ logger, reload }) : undefined;
  const sourceChanges = new SourceChanges({ sources, autoReload, reloader, calls, logger });
  const schemaChanges = new SchemaChanges({ schemas, secrets, reload });
  const overrides = new Overrides({ store, limits, reload, secrets });
  const rollbacks = new Rollbacks({ history, collector, reload });
  const lastKnownGood = new LastKnownGood({ history, rejection, reload, logger });
  const revalidation = new Revalidation({ rejection, autoReload, reload });
  const probation =
    options.probation && new Probation(options.probation, { pins, history, reloader, rollbacks, logger });
  const { files = [], sources: ownSources = [] } = options;
  /** `true` if everything comes from options of `@nestjs/config`: paths are read as that package reads them. */
  const readsAsWritten = environment !== undefined && files.length + ownSources.length === 0;
  const writesContext = { pins, overrides, reload, secrets, logger, readsAsWritten };
  const configServiceWrites = environment && new ConfigServiceWrites({ environment, ...writesContext });
  const requesters = {
    autoReload,
    sourceChanges,
    schemaChanges,
    overrides,
    rollbacks,
    lastKnownGood,
    probation,
  };

  // Who learns about reloads. Each method is called on all of them in this order, and then on those that are added later.
  const recorder = new VersionRecorder({ history, versionStore, collector });
  const dispatcher = new Dispatcher({
    runWith: (snapshot, fn, call) => calls.runIn(call, () => pins.runWith(snapshot as Snapshot, fn)),
    diff: (before, now) => diff(before, now, secrets.root),
  });
  const knownPatterns = new KnownPatterns({
    schemas,
    store,
    logger,
    unknownKeys: options.unknownKeys ?? 'warn',
    areRootKeysOpen: () => environment !== undefined || factorySources.hasAny,
  });
  const reloadLog = new ReloadLog(logger, {
    rejection,
    changedSources: () => history.records.at(-1)?.changedSources ?? [],
  });
  const staleReads = new StaleReads({ startReads, store, dispatcher, refreshables, logger });
  const hooks = new LifecycleHooks(calls, failed);
  const withoutAbsent = <P>(parts: readonly (P | undefined)[]) => parts.filter((part) => part !== undefined);
  for (const observer of withoutAbsent<ReloadObserver>([
    discovery, // started, committed
    environment, // assigned
    states, // assigned
    recorder, // committed
    probation, // committed
    dispatcher, // committed
    reloadLog, // assigned, waiting, ended
    staleReads, // committed, ended
    autoReload, // ended
    lastKnownGood, // ended
    overrides, // ended
    hooks, // started, ended
    revalidation, // ended
  ]))
    observers.add(observer);

  const handlers = new HandlerStats();
  const handlerLog = new HandlerLog(logger, handlers);
  dispatcher.handlerEvents.add((event) => handlerLog.write(event));
  dispatcher.handlerEvents.add((event) => handlers.count(event));
  const listeners = {
    dispatcher,
    reloadLog,
    staleReads,
    hooks,
    configServiceWrites,
    knownPatterns,
    readsAsWritten,
  };

  // What describes it all.
  const followers = { vetoes, refreshables, dispatcher, staleReads };
  const planner = new ReloadPlanner({ collector, stages, ...followers, guard, secrets });
  const versionComparer = new VersionComparer({ history, planner, collector, secrets });
  const isKeyShared = options.history?.key !== undefined;
  const versionStatus = new VersionStatus({ store, rejection, secrets, isKeyShared });
  const views = { planner, versionComparer };

  return {
    ...basics,
    ...kept,
    ...origins,
    ...reloads,
    ...requesters,
    ...listeners,
    ...views,
    /**
     * Those with a life, in the order in which they start; they are closed in reverse order. The refreshables close later,
     * when the server is closed: see the host module.
     */
    parts: new Parts(
      withoutAbsent<Part>([
        startReads,
        thread,
        sourceChanges,
        versionStore,
        dispatcher,
        states,
        reloader,
        autoReload,
        sighup,
        probation,
        overrides,
        configServiceWrites,
        pinWarnings,
      ]),
      logger,
    ),
    /** Returns the members of the status that the parts give. */
    status: () =>
      membersOf([
        versionStatus,
        reloadLog,
        lastKnownGood,
        versionStore,
        overrides,
        probation,
        autoReload,
        handlers,
        pins,
        refreshables,
        staleReads,
        states,
      ]),
  };
}

/** The parts of one app. */
export type Core = ReturnType<typeof createCore>;
