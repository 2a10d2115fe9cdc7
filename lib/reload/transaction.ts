import { ConfigRollbackError } from '../errors/config.errors.js';
import type { CallDurations } from '../model/call-durations.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { RejectedReload, ReloadResult, UnchangedReload } from '../model/reload-result.interface.js';
import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { allWarnings, type Commit, type CommitStore } from './commit.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { changedSources, type SourceRevisions } from './layer-memory.js';
import { isSameState } from './is-same-state.js';
import type { LastRejection } from './last-rejection.js';
import type { Collected, LayerCollector } from './layer-collector.js';
import type { PreparedPart } from './participant.interface.js';
import type { Participants } from './participants.js';
import { requestOf, type ReloadJob } from './reload-job.js';
import type { ReloadObservers } from './reload-observers.js';
import { secretsIn } from '../secrets/secret-change.js';
import { turnIfLarge } from '../util/large-tree.js';
import { isInstance } from '../util/is-instance.js';
import { ResultBuilder } from './result-builder.js';
import { StageClock } from './stage-clock.js';
import { locatorOf, type Stages, type Validated } from './stages.js';
import type { VersionNumbers } from './version-numbers.js';

/** Everything that a reload needs. */
export interface TransactionContext {
  readonly store: CommitStore;
  readonly collector: LayerCollector;
  readonly stages: Stages;
  readonly participants: Participants;
  readonly observers: ReloadObservers;
  readonly rejection: LastRejection;
  readonly versions: VersionNumbers;
  readonly secrets: SecretPolicy;
}

/** A commit that only has to be made. */
export interface ReadyCommit {
  readonly commit: Commit;
  /** What was in force when it was prepared: the commit replaces nothing else. */
  readonly base: CommitStore['inForce'];
  readonly changes: readonly Change[];
  readonly warnings: readonly ConfigIssue[];
  readonly collected: Collected;
  /** The work of the participants for it. */
  readonly prepared: PreparedPart;
}

/** At boot, and if the snapshot stays, there is nothing for vetoes and components to do. */
const NOTHING_PREPARED: Readonly<PreparedPart> = {
  isCurrent: () => true,
  commit: () => undefined,
  discard: async () => undefined,
};

/**
 * One reload, from a trigger to an outcome: the order of the stages, and the ways out before the commit. If anything
 * fails, what is in force stays (invariant 3).
 */
export class Transaction {
  readonly #clock = new StageClock();
  readonly #request: ReportedRequest;
  readonly #results: ResultBuilder;
  /** A fork of the app's collector while the commit is left to a caller. */
  #collector: LayerCollector;
  /** The layers that this reload works on; undefined until they are collected. */
  #collected: Collected | undefined;
  /** The changes that it would make; empty until they are known. */
  #changes: readonly Change[] = [];
  /** The content that this reload has read, or that was read before. */
  #content: SourceRevisions;

  constructor(
    private readonly context: TransactionContext,
    private readonly job: ReloadJob,
  ) {
    this.#request = requestOf(job, context.secrets);
    this.#results = new ResultBuilder(this.#request, this.#clock, context.secrets);
    this.#collector = context.collector;
    this.#content = context.collector.content;
  }

  /** The calls of the app's code until now. */
  get calls(): CallDurations {
    return this.#clock.calls;
  }

  /** Runs all stages. Never rejects: a failure is a result. */
  async run(): Promise<ReloadResult> {
    const { store } = this.context;
    try {
      await this.context.observers.started(this.#request);
      const collected = await this.#collect();
      if (this.#isAlreadyJudged())
        return this.context.rejection.result ?? this.#results.unchanged(store.current);
      if (this.context.stages.isInForce(collected)) return this.#keepSnapshot(collected);

      const validated = await this.#validate(collected);
      if (this.context.stages.changesNothing(validated)) return this.#keepSnapshot(validated, validated);

      let ready = await this.#prepare(validated);
      while (!ready.prepared.isCurrent()) ready = await this.#prepareAgain(ready, validated);
      return this.commit(ready);
    } catch (error) {
      return this.#reject(error);
    }
  }

  /** Runs the stages up to `prepare`, and leaves the commit to the caller. Changes nothing, and reports nothing. */
  async prepare(): Promise<ReadyCommit | UnchangedReload | RejectedReload> {
    const { store, collector } = this.context;
    this.#collector = collector.fork();
    try {
      await this.context.observers.started(this.#request);
      const validated = await this.#validate(await this.#collect());
      if (this.context.stages.changesNothing(validated))
        return this.#results.unchanged(store.current, allWarnings(validated));
      const ready = await this.#prepare(validated);
      this.#clock.pause();
      return ready;
    } catch (error) {
      return this.#results.rejected(error, store.inForce.snapshot, this.#changes);
    }
  }

  /**
   * The stages `commit` and `notify`, which nothing can refuse: the assignment, the participants, and then the observers,
   * all with `assigned`, all with `committed`, all with `ended`. Without a turn of the event loop: until the observers have
   * been called, no other code runs on the new snapshot.
   */
  commit({ commit, base, changes, warnings, collected, prepared }: ReadyCommit): ReloadResult {
    const { snapshot } = commit;
    this.#clock.resume();
    if (this.#collector !== this.context.collector) this.context.collector.takeOver(this.#collector);
    this.#clock.runSync('commit', () => {
      snapshot.time = new Date();
      this.#rememberSecrets(commit, changes);
      this.#assign(commit, prepared);
    });
    const result = () => this.#results.applied(snapshot, changes, warnings);
    this.#clock.runSync('notify', () =>
      this.context.observers.committed({
        commit,
        previous: base.snapshot,
        result: result(),
        restored: collected.restored,
        chain: this.job.chain,
      }),
    );
    return this.#conclude(result(), collected);
  }

  /** Disposes of what was prepared. */
  async discard({ commit, prepared }: ReadyCommit): Promise<void> {
    await prepared.discard();
    this.context.versions.release(commit.snapshot.version);
  }

  async #collect(): Promise<Collected> {
    try {
      return (this.#collected = await this.#clock.run('collect', () => this.#collector.collect(this.job)));
    } finally {
      this.#content = this.#collector.content;
    }
  }

  async #validate(collected: Collected): Promise<Validated> {
    const { stages } = this.context;
    const merged = await this.#clock.run('merge', () => stages.merge(collected));
    await turnIfLarge(merged.tree);
    const validated = await this.#clock.run('validate', () => stages.validate(merged));
    await turnIfLarge(merged.tree);
    return validated;
  }

  async #prepare(validated: Validated): Promise<ReadyCommit> {
    const { store, stages, versions, participants } = this.context;
    const { layers, tree, variables, references, overrides, drift, pendingRestart, changes } = validated;
    const { warnings, valueWarnings } = validated;
    const base = store.inForce;
    this.#changes = changes;
    const { cause } = this.#request;
    const snapshot = stages.snapshot(validated, versions.next(), cause);
    const candidate = {
      changes,
      candidate: snapshot,
      cause,
      locate: locatorOf({ layers: validated.visible }),
    };
    const current = base.snapshot;
    const prepared = await this.#clock.run('prepare', () =>
      current === undefined ? NOTHING_PREPARED : participants.prepare({ ...candidate, current }),
    );
    return {
      commit: {
        snapshot,
        layers,
        tree,
        variables,
        references,
        overrides,
        drift,
        pendingRestart,
        warnings,
        valueWarnings,
      },
      base,
      changes,
      warnings: allWarnings(validated),
      collected: validated,
      prepared,
    };
  }

  async #prepareAgain(ready: ReadyCommit, validated: Validated): Promise<ReadyCommit> {
    await this.discard(ready);
    return this.#prepare(validated);
  }

  /**
   * What the candidate contains may have been forgotten for other large secrets since it was read. Cheap: what is still
   * known is not walked again.
   */
  #rememberSecrets({ layers }: Commit, changes: readonly Change[]): void {
    const { secrets, collector } = this.context;
    const trees = Array.from(layers, ([source, layer]) => ({
      value: collector.memory.treeOf(source, layer),
    }));
    secrets.rememberAll([...trees, ...secretsIn(changes)]);
  }

  /** The one place that changes what is in force. */
  #assign(commit: Commit, prepared: PreparedPart): void {
    this.context.store.replace(commit);
    prepared.commit();
    this.context.observers.assigned(commit);
  }

  /** The snapshot in force stays: only its sources, the overrides or the drift are others. */
  #keepSnapshot(collected: Collected, validated?: Validated): ReloadResult {
    const { inForce, current: snapshot } = this.context.store;
    const { layers, tree, variables, references, pendingRestart, valueWarnings } = validated ?? inForce;
    const { overrides, drift, warnings } = collected;
    const values = { tree, variables, references, pendingRestart, valueWarnings };
    const isSame = layers === inForce.layers && overrides === inForce.overrides && drift === inForce.drift;
    // Not again, so that what was prepared on it is still current.
    if (!isSame) this.#assign({ snapshot, layers, ...values, overrides, drift, warnings }, NOTHING_PREPARED);
    const all = allWarnings({ warnings, valueWarnings });
    return this.#conclude(this.#results.unchanged(snapshot, all), collected);
  }

  #conclude(result: RedactedResult, { isFromSources }: Collected): ReloadResult {
    const { rejection, observers, collector } = this.context;
    // A rollback or an override does not end the rejection of the sources' content, nor does content that a candidate
    // held while the sources have changed.
    if (isFromSources && changedSources(collector.content, this.#content).length === 0)
      rejection.end(this.#content);
    observers.ended(result, this.#request);
    return result;
  }

  #reject(error: unknown): RedactedResult<RejectedReload> {
    const { rejection, observers, store } = this.context;
    if (rejection.result !== undefined && this.#isAlreadyJudged()) return rejection.result;
    const result = this.#results.rejected(error, store.inForce.snapshot, this.#changes);
    // The caller has asked for a version that there is not, and learns it: nothing is wrong with the app.
    if (isInstance(error, ConfigRollbackError) && error.reason === 'not-kept') return result;
    if (this.job.input === undefined) {
      const changed = this.#isAutomatic ? rejection.recordSame(result, this.#content) : undefined;
      if (changed !== undefined) return this.#keepRejection(changed);
      rejection.record(result, this.#content, this.#sourcesAtFault(result));
    }
    observers.ended(result, this.#request);
    return result;
  }

  /** The rejection has been reported: only the sources are news whose changes wait for its end. */
  #keepRejection(changed: readonly ConfigSource[]): RedactedResult<RejectedReload> {
    const { rejection, observers, store } = this.context;
    const current = rejection.current!; // it is the same one
    const { memory } = this.#collector;
    const waiting = changed.filter(
      (source) => !isSameState(source, store.inForce.layers.get(source), memory.lastRead(source).layer),
    );
    if (waiting.length > 0) observers.waiting(waiting, current);
    return current.result;
  }

  /**
   * The sources that could not be read; otherwise, of those whose content is not in force, the ones that the issues name.
   * An issue may have no origin, or name the place where a key is missing: then all whose content is not in force.
   */
  #sourcesAtFault({ issues }: RejectedReload): readonly ConfigSource[] {
    const { failed } = this.#collector;
    if (failed.length > 0) return failed;
    const { inForce } = this.context.store;
    const changed = [...(this.#collected?.layers ?? [])]
      .filter(([source, layer]) => !isSameState(source, inForce.layers.get(source), layer))
      .map(([source]) => source);
    const named = changed.filter(({ name }) => issues.some(({ origin }) => origin?.source === name));
    return named.length > 0 ? named : changed;
  }

  /** `true` if no caller has asked for this reload, and waits for its result. */
  get #isAutomatic(): boolean {
    const { cause, input } = this.job;
    return (cause === 'file' || cause === 'remote') && input === undefined;
  }

  /**
   * `true` if a watch event or an audit found only content that a reload has applied or rejected before: there is
   * nothing to do or to report. A manual reload always counts as new.
   */
  #isAlreadyJudged(): boolean {
    const { job } = this;
    if (job.audit) return this.context.rejection.isJudged(this.#content);
    return this.#isAutomatic && !job.revalidate && this.context.rejection.of(this.#content) !== undefined;
  }
}
