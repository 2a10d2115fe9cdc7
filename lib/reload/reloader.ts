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

/** What a reloader is made of. */
export interface ReloaderParts extends StageParts {
  /** Called, and waited for, before a reload collects its sources. */
  readonly begin: (request: ReloadRequest) => Promise<void>;
  /** Told about every commit, before anybody else can act on it. Must not throw. */
  readonly notify: (previous: Snapshot | undefined, result: AppliedReload, gathered: CollectedLayers) => void;
  /** Told about every outcome that is worth telling. Must not throw. */
  readonly report: (result: ReloadResult, request: ReloadRequest) => void;
}

/**
 * The reload transaction: from a trigger to an outcome, one at a time. Whatever fails, the snapshot that is in force
 * stays (invariant 3).
 */
export class Reloader {
  /** Where the layers come from. */
  readonly layers: LayerCollector;
  readonly #memory = new LayerMemory();
  /** The reload that the running code is part of. */
  readonly #within = new AsyncLocalStorage<{ isOver: boolean }>();
  readonly #queue = new ReloadQueue((order) => {
    const reload = { isOver: false };
    return this.#within
      .run(reload, () => this.#transact(order))
      .finally(() => {
        reload.isOver = true;
        // Until the next one: on Node 20, each context that is in use costs every promise of the app.
        this.#within.disable();
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

  /** The rejection that the sources' content still stands under; undefined where what they say is in force. */
  get rejection(): RejectedReload | undefined {
    return this.#rejection?.result;
  }

  /** The paths whose new values wait for a restart. */
  get pendingRestart(): readonly string[] {
    return this.#stages.pendingRestart;
  }

  /** Asks for a reload. Never rejects: what went wrong is in the result. */
  reload(order: ReloadJob): Promise<ReloadResult> {
    return this.#queue.ask(order);
  }

  /**
   * To be called when what is set on top of the sources has changed: what they say may have been rejected because of it.
   * Content that cannot be read stays so.
   */
  revalidate(): void {
    if (this.#rejection === undefined || this.#rejection.result.stage === 'collect') return;
    void this.reload({ cause: 'file', revalidate: true });
  }

  /**
   * What a reload would apply now, with `candidate` on top of what the sources say. Nothing is, and nobody is asked.
   *
   * @throws HotConfigError where it would be rejected
   */
  async draft(candidate?: ConfigTree): Promise<Draft> {
    return this.#stages.draft(await this.layers.draft(), candidate);
  }

  /**
   * What a rollback would apply.
   *
   * @throws HotConfigError where it would be rejected
   */
  draftOf(record: VersionRecord): Promise<Draft> {
    return this.#stages.draft(this.layers.draftOf(record));
  }

  /** Whether the running code is part of a reload: a hook, a veto, a validator, the factory of a component. */
  get isWithin(): boolean {
    return this.#within.getStore()?.isOver === false;
  }

  /** Whether nothing runs and nothing waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #transact(order: ReloadJob): Promise<ReloadResult> {
    const clock = new StageClock();
    const request = requestOf(order);
    const results = new ResultBuilder(request, clock, this.parts.secrets);
    const { sources } = this;
    const seenBefore = this.#memory.signature(sources);
    const { store } = this.parts;
    try {
      await this.parts.begin(request);
      const gathered = await clock.run('collect', () => this.layers.collect(order));
      if (this.#isStale(order, sources, seenBefore))
        return this.#rejection?.result ?? results.unchanged(store.current);
      if (this.#stages.isInForce(gathered)) {
        this.layers.accept(gathered);
        return this.#conclude(gathered, request, results.unchanged(store.current, gathered.warnings));
      }

      const merged = await clock.run('merge', () => this.#stages.merge(gathered));
      const validated = await clock.run('validate', () => this.#stages.validate(merged, gathered));
      const warnings = [...gathered.warnings, ...merged.warnings, ...validated.warnings];
      if (this.#stages.changesNothing(validated)) {
        this.#stages.adopt(gathered, merged);
        this.layers.accept(gathered);
        return this.#conclude(gathered, request, results.unchanged(store.current, warnings));
      }

      const candidate = this.#stages.candidate(validated, request.cause);
      const prepared = await clock.run('prepare', () =>
        this.#stages.prepare(candidate, validated.changes, gathered),
      );
      const previous = store.currentIfAny;
      clock.runAtOnce('commit', () => {
        this.#stages.commit(candidate, prepared, gathered, merged);
        this.layers.accept(gathered);
      });
      const applied = () => results.applied(candidate, validated.changes, warnings);
      clock.runAtOnce('notify', () => this.parts.notify(previous, applied(), gathered));
      return this.#conclude(gathered, request, applied());
    } catch (error) {
      return this.#reject(error, order, results, sources, seenBefore);
    }
  }

  #conclude<R extends ReloadResult>({ fromSources }: CollectedLayers, request: ReloadRequest, result: R): R {
    // What the sources say stays rejected while something else is brought into force.
    if (fromSources) this.#rejection = undefined;
    this.parts.report(result, request);
    return result;
  }

  #reject(
    error: unknown,
    order: ReloadJob,
    results: ResultBuilder,
    sources: readonly ConfigSource[],
    seenBefore: string,
  ): RejectedReload {
    const request = requestOf(order);
    if (this.#rejection !== undefined && this.#isStale(order, sources, seenBefore))
      return this.#rejection.result;
    const result = results.rejected(error, this.parts.store.currentIfAny);
    const signature = this.#memory.signature(sources);
    const before = this.#rejection?.result;
    if (order.revalidate && before?.error.message === result.error.message) {
      this.#rejection = { signature, result: before };
      return before; // it has been told of
    }
    if (order.input === undefined) this.#rejection = { signature, result };
    this.parts.report(result, request);
    return result;
  }

  /**
   * Whether a watch or an audit found what was judged already: nothing to do, and nothing to tell. Somebody who asks
   * by hand always gets a judgement of their own.
   */
  #isStale(order: ReloadJob, sources: readonly ConfigSource[], seenBefore: string): boolean {
    const signature = this.#memory.signature(sources);
    if (order.audit) return signature === seenBefore;
    return order.cause === 'file' && !order.revalidate && this.#rejection?.signature === signature;
  }
}
