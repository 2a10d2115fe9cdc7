import type { HandlerEvent } from '../changes/handler-event.js';
import type { ReloadCount } from '../logging/reload-counter.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import type { Layer } from '../model/layer.interface.js';
import type { Part } from '../model/part.interface.js';
import type { RejectedReload, ReloadResult, UnchangedReload } from '../model/reload-result.interface.js';
import type { OutcomeCounters } from '../pinning/outcome-counters.js';
import type { PreparedReload } from '../reload/prepared-reload.js';
import type { ReloadJob } from '../reload/reload-job.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import type { ChangeSources } from '../reload/source-changes.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { PlacedSchema } from '../validation/app-schemas.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { ConfigProblemKind } from './config-problem.interface.js';
import type { ControlMethod } from './control-method.interface.js';
import type { HotConfigManager } from './hot-config.manager.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import type { NamedRegistry } from './named-registry.js';
import type { ObservableInstrument } from './instrument.interface.js';
import type { HotConfigStatus } from './status.interface.js';
import type { ProblemDetector } from './problems.js';

/** Durations of a reload and its stages. */
export type ReloadDurations = Pick<ReloadResult, 'outcome' | 'durationMs' | 'stages'>;

/**
 * What a part outside of the core may use of an app: the control channel, metrics, the health indicator, and every part to
 * come. None of them sees more of it, and the core imports none of them.
 */
export interface HotConfigPort {
  readonly options: HotConfigModuleOptions;
  /** The schemas of the app: that of `forRoot()`, and those of namespaces. */
  readonly schemas: readonly PlacedSchema[];
  /** Operates the configuration as a person does. */
  readonly manager: HotConfigManager;
  /** Redacts all that it logs. */
  readonly logger: SafeLogger;
  readonly secrets: SecretPolicy;
  /** The snapshot in force. */
  readonly snapshot: Snapshot;
  /** Requests a reload, for example with the cause `remote`. Never rejects: a failure is a result. */
  reload(job: ReloadJob): Promise<ReloadResult>;
  /**
   * Runs a reload up to the commit, which the caller makes or discards, now or minutes later. Meanwhile nothing keeps other
   * reloads, or the safety poll, from applying the same content. Never rejects.
   */
  prepare(job: ReloadJob): Promise<PreparedReload | UnchangedReload | RejectedReload>;
  /** Returns the layer of a source that is in force. */
  layerOf(source: ConfigSource): Layer | undefined;
  /** Learn about reloads. */
  readonly observers: { add(observer: ReloadObserver): () => void };
  /** Are started and closed with the app. */
  readonly parts: { add(part: Part): () => void };
  /** Counts the outcomes of requests for the versions that a part tracks. */
  readonly outcomes: OutcomeCounters;
  /** Members of the status, by their names: each returns plain data without configured values. */
  readonly statusMembers: NamedRegistry<() => unknown>;
  /** Methods of the control channel, as `fleet.status`. */
  readonly controlMethods: NamedRegistry<ControlMethod>;
  /** Counters and gauges, by their names, as `fleet.members`. */
  readonly instruments: NamedRegistry<ObservableInstrument>;
  /** Detectors of problems that degrade the health of the app, by their kinds: the built-in ones and those of parts. */
  readonly problemDetectors: NamedRegistry<ProblemDetector, ConfigProblemKind>;
  /** Number of reloads since the app started, the boot included. */
  readonly reloadCounts: readonly ReloadCount[];
  /** Durations of the first load, for parts that start later. */
  readonly bootDurations: ReloadDurations | undefined;
  /** Calls of change handlers. */
  readonly handlerEvents: { add(listener: (event: HandlerEvent) => void): () => void };
  /** The sources, later ones override earlier ones. Each change of the list is a reload, and is undone if that is rejected. */
  readonly sources: {
    readonly current: readonly ConfigSource[];
    change(change: ChangeSources): Promise<ReloadResult>;
  };
  /** `true` once the app has been initialised: its handlers are known, and its parts have started. */
  readonly isStarted: boolean;
  /** Resolves when no reload and no handler runs or waits, and every version has been written to disk. */
  settled(): Promise<void>;
  /** Returns the state of the app, with its present problems. */
  status(): HotConfigStatus;
}
