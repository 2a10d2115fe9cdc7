import { AsyncLocalStorage } from 'node:async_hooks';
import type { VersionRecord } from '../history/version-record.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { LayerCollector, type CollectedLayers } from './layer-collector.js';
import { LayerMemory } from './layer-memory.js';
import { ReloadQueue } from './reload-queue.js';
import { requestOf, type ReloadJob } from './reload-job.js';
import type {
  AppliedReload,
  RejectedReload,
  ReloadRequest,
  ReloadResult,
} from '../model/reload-result.interface.js';
import { ResultBuilder } from './result-builder.js';
import { StageClock } from './stage-clock.js';
import { Stages, type Draft, type StageParts } from './stages.js';

/** Everything that a reloader needs. */
export interface ReloaderParts extends StageParts {
  /** Called, and awaited, before a reload collects its layers. */
  readonly started: (request: ReloadRequest) => Promise<void>;
  /** Called for every commit, before other code can react to it. Must not throw. */
  readonly committed: (
    previous: Snapshot | undefined,
    result: AppliedReload,
    collected: CollectedLayers,
  ) => void;
  /** Called for every outcome, except for watch events and audits that found nothing new. Must not throw. */
  readonly ended: (result: ReloadResult, request: ReloadRequest) => void;
}

/**
 * The reload transaction: runs the stages from a trigger to an outcome, one reload at a time. If anything fails, the
 * snapshot in force stays (invariant 3).
 */
export class Reloader {
  /** Decides where the layers come from. */
  readonly layers: LayerCollector;
  readonly #memory = new LayerMemory();
  /** Marks code that runs as part of a reload. */
  readonly #current = new AsyncLocalStorage<{ isOver: boolean }>();
  readonly #queue = new ReloadQueue((job) => {
    const reload = { isOver: false };
    return this.#current
      .run(reload, () => this.#transact(job))
      .finally(() => {
        reload.isOver = true;
        // Until the next reload: on Node 20, each storage in use slows down every promise of the app.
        this.#current.disable();
      });
  });
  readonly #stages: Stages;
  #rejection: { readonly signature: string; readonly result: RejectedReload } | undefined;

  constructor(
    sources: readonly ConfigSource[],
    private readonly parts: ReloaderParts,
  ) {
    this.#stages = new Stages(parts, this.#memory);
    this.layers = new LayerCollector(sources, this.#stages, this.#memory);
  }

  /** The sources, lowest first. */
  get sources(): readonly ConfigSource[] {
    return this.layers.sources;
  }

  /** The rejection of the sources' current content; undefined if that content was accepted. */
  get rejection(): RejectedReload | undefined {
    return this.#rejection?.result;
  }

  /** The paths whose new values wait for a restart. */
  get pendingRestart(): readonly string[] {
    return this.#stages.pendingRestart;
  }

  /** Requests a reload. Never rejects: a failure is in the result. */
  reload(job: ReloadJob): Promise<ReloadResult> {
    return this.#queue.add(job);
  }

  /**
   * Validates rejected content of the sources again. Called when overrides have changed, as they may have been the
   * reason. Content that could not be read is not affected by overrides.
   */
  revalidate(): void {
    if (this.#rejection === undefined || this.#rejection.result.stage === 'collect') return;
    void this.reload({ cause: 'file', revalidate: true });
  }

  /**
   * Returns what a reload would apply now, with `candidate` on top of the content of the sources. Applies nothing, and
   * calls no veto.
   *
   * @throws HotConfigError if it would be rejected
   */
  async draft(candidate?: ConfigTree): Promise<Draft> {
    return this.#stages.draft(await this.layers.draft(), candidate);
  }

  /**
   * Returns what a rollback to a version would apply.
   *
   * @throws HotConfigError if it would be rejected
   */
  draftOf(record: VersionRecord): Promise<Draft> {
    return this.#stages.draft(this.layers.draftOf(record));
  }

  /** `true` if the calling code is part of a reload: a hook, a veto, a validator, the factory of a component. */
  get isInsideReload(): boolean {
    return this.#current.getStore()?.isOver === false;
  }

  /** `true` if no reload runs or waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Resolves when no reload runs or waits. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** The order of the stages, and the ways out before the commit. */
  async #transact(job: ReloadJob): Promise<ReloadResult> {
    const clock = new StageClock();
    const request = requestOf(job);
    const results = new ResultBuilder(request, clock, this.parts.secrets);
    const { sources } = this;
    const seenBefore = this.#memory.signature(sources);
    const { store } = this.parts;
    try {
      await this.parts.started(request);
      const collected = await clock.run('collect', () => this.layers.collect(job));
      if (this.#isAlreadyJudged(job, sources, seenBefore))
        return this.#rejection?.result ?? results.unchanged(store.current);
      if (this.#stages.isInForce(collected)) {
        this.layers.markApplied(collected);
        return this.#conclude(collected, request, results.unchanged(store.current, collected.warnings));
      }

      const merged = await clock.run('merge', () => this.#stages.merge(collected));
      const validated = await clock.run('validate', () => this.#stages.validate(merged, collected));
      const warnings = [...collected.warnings, ...merged.warnings, ...validated.warnings];
      if (this.#stages.changesNothing(validated)) {
        this.#stages.markApplied(collected, merged);
        this.layers.markApplied(collected);
        return this.#conclude(collected, request, results.unchanged(store.current, warnings));
      }

      const candidate = this.#stages.candidate(validated, request.cause);
      const prepared = await clock.run('prepare', () =>
        this.#stages.prepare(candidate, validated.changes, collected),
      );
      const previous = store.currentIfAny;
      clock.runSync('commit', () => {
        this.#stages.commit(candidate, prepared, collected, merged);
        this.layers.markApplied(collected);
      });
      const applied = () => results.applied(candidate, validated.changes, warnings);
      clock.runSync('notify', () => this.parts.committed(previous, applied(), collected));
      return this.#conclude(collected, request, applied());
    } catch (error) {
      return this.#reject(error, job, results, sources, seenBefore);
    }
  }

  #conclude<R extends ReloadResult>({ fromSources }: CollectedLayers, request: ReloadRequest, result: R): R {
    // A rollback or an override does not end the rejection of the sources' content.
    if (fromSources) this.#rejection = undefined;
    this.parts.ended(result, request);
    return result;
  }

  #reject(
    error: unknown,
    job: ReloadJob,
    results: ResultBuilder,
    sources: readonly ConfigSource[],
    seenBefore: string,
  ): RejectedReload {
    if (this.#rejection !== undefined && this.#isAlreadyJudged(job, sources, seenBefore))
      return this.#rejection.result;
    const result = results.rejected(error, this.parts.store.currentIfAny);
    const signature = this.#memory.signature(sources);
    const before = this.#rejection?.result;
    if (job.revalidate && before?.error.message === result.error.message) {
      this.#rejection = { signature, result: before };
      return before; // already reported
    }
    if (job.input === undefined) this.#rejection = { signature, result };
    this.parts.ended(result, requestOf(job));
    return result;
  }

  /**
   * `true` if a watch event or an audit found only content that a reload has applied or rejected before: there is
   * nothing to do or to report. A manual reload always counts as new.
   */
  #isAlreadyJudged(job: ReloadJob, sources: readonly ConfigSource[], seenBefore: string): boolean {
    const signature = this.#memory.signature(sources);
    if (job.audit) return signature === seenBefore;
    return job.cause === 'file' && !job.revalidate && this.#rejection?.signature === signature;
  }
}
