import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigSource } from '../sources/config-source.interface.js';
import { LayerMemory } from './layer-memory.js';
import { ReloadQueue } from './reload-queue.js';
import type {
  AppliedReload,
  RejectedReload,
  ReloadRequest,
  ReloadResult,
} from './reload-result.interface.js';
import { ResultBuilder } from './result-builder.js';
import { StageClock } from './stage-clock.js';
import { Stages, type StageParts } from './stages.js';

/** What a reloader is made of. */
export interface ReloaderParts extends StageParts {
  /** Called, and waited for, before a reload collects its sources. */
  readonly begin: (request: ReloadRequest) => Promise<void>;
  /** Told about every commit, before anybody else can act on it. Must not throw. */
  readonly notify: (previous: Snapshot | undefined, result: AppliedReload) => void;
  /** Told about every outcome that is worth telling. Must not throw. */
  readonly report: (result: ReloadResult, request: ReloadRequest) => void;
}

/**
 * The reload transaction: from a trigger to an outcome, one at a time. Whatever fails, the snapshot that is in force
 * stays (invariant 3).
 */
export class Reloader {
  readonly #memory = new LayerMemory();
  readonly #queue = new ReloadQueue((request) => this.#transact(request));
  readonly #stages: Stages;
  #sources: readonly ConfigSource[];
  #rejection: { readonly signature: string; readonly result: RejectedReload } | undefined;

  constructor(
    sources: readonly ConfigSource[],
    private readonly parts: ReloaderParts,
  ) {
    this.#sources = sources;
    this.#stages = new Stages(parts, this.#memory);
  }

  /** The sources, lowest first. */
  get sources(): readonly ConfigSource[] {
    return this.#sources;
  }

  /** Takes another list of sources; it counts from the next reload on. */
  replaceSources(sources: readonly ConfigSource[]): void {
    this.#sources = sources;
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
  reload(request: ReloadRequest): Promise<ReloadResult> {
    return this.#queue.ask(request);
  }

  /** Whether nothing runs and nothing waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #transact(request: ReloadRequest): Promise<ReloadResult> {
    const clock = new StageClock();
    const results = new ResultBuilder(request, clock);
    const sources = this.#sources;
    const seenBefore = this.#memory.signature(sources);
    const { store } = this.parts;
    try {
      await this.parts.begin(request);
      const generation = await clock.run('collect', () => this.#stages.collect(sources));
      if (this.#isStale(request, sources, seenBefore))
        return this.#rejection?.result ?? results.unchanged(store.current);
      if (this.#stages.isInForce(generation))
        return this.#conclude(request, results.unchanged(store.current, generation.warnings));

      const merged = await clock.run('merge', () => this.#stages.merge(generation));
      const validated = await clock.run('validate', () => this.#stages.validate(merged, generation));
      const warnings = [...generation.warnings, ...merged.warnings, ...validated.warnings];
      if (this.#stages.changesNothing(validated)) {
        this.#stages.adopt(generation, merged);
        return this.#conclude(request, results.unchanged(store.current, warnings));
      }

      const candidate = this.#stages.candidate(validated, request.cause);
      const prepared = await clock.run('prepare', () =>
        this.#stages.prepare(candidate, validated.changes, generation),
      );
      const previous = store.currentIfAny;
      clock.runAtOnce('commit', () => this.#stages.commit(candidate, prepared, generation, merged));
      const applied = () => results.applied(candidate, validated.changes, warnings);
      clock.runAtOnce('notify', () => this.parts.notify(previous, applied()));
      return this.#conclude(request, applied());
    } catch (error) {
      return this.#reject(error, request, results, sources, seenBefore);
    }
  }

  #conclude<R extends ReloadResult>(request: ReloadRequest, result: R): R {
    this.#rejection = undefined;
    this.parts.report(result, request);
    return result;
  }

  #reject(
    error: unknown,
    request: ReloadRequest,
    results: ResultBuilder,
    sources: readonly ConfigSource[],
    seenBefore: string,
  ): RejectedReload {
    if (this.#rejection !== undefined && this.#isStale(request, sources, seenBefore))
      return this.#rejection.result;
    const result = results.rejected(error, this.parts.store.currentIfAny);
    this.#rejection = { signature: this.#memory.signature(sources), result };
    this.parts.report(result, request);
    return result;
  }

  /**
   * Whether a watch or an audit found what was judged already: nothing to do, and nothing to tell. Somebody who asks
   * by hand always gets a judgement of their own.
   */
  #isStale(request: ReloadRequest, sources: readonly ConfigSource[], seenBefore: string): boolean {
    const signature = this.#memory.signature(sources);
    if (request.audit) return signature === seenBefore;
    return request.cause === 'file' && this.#rejection?.signature === signature;
  }
}
