import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConfigRefreshError } from '../errors/config.errors.js';
import type { Change } from '../model/change.interface.js';
import type { Prepared } from '../reload/preparation.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { ComponentBuilder } from './component-builder.js';
import { inDependencyOrder } from './dependency-order.js';
import { Disposals, isSuperseded, type DisposalsContext } from './disposals.js';
import { RefreshableHandle } from './refreshable.handle.js';
import type { RefreshableDefinition } from './refreshable.interface.js';

/**
 * Statistics of the components that are built from configuration.
 *
 * @publicApi
 */
export interface RefreshablesStatus {
  /** Number of instances built since the app started. */
  readonly built: number;
  /** Number of instances disposed of since then. */
  readonly disposed: number;
  /** Number of instances whose disposal failed. */
  readonly disposeErrors: number;
  /** Number of superseded instances that wait for the work that uses them. */
  readonly draining: number;
}

/** The functions of the app that refreshables use. */
export interface RefreshablesContext extends DisposalsContext {
  /** Returns the version that the running code reads. */
  readonly ambientVersion: () => number;
  /** Redacts the secrets in an error of this library. */
  readonly redactError: (error: ConfigRefreshError) => ConfigRefreshError;
  /** Runs a function in a context that is pinned to a snapshot. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Registers the components of modules that were loaded since the last call. */
  readonly discoverNew: () => void;
}

/**
 * The components that are built from configuration. New instances are built and checked before the commit, all or none.
 * Old ones are disposed of when the last work that may use them has ended.
 */
export class Refreshables {
  readonly #handles: RefreshableHandle[] = [];
  readonly #disposals: Disposals;
  readonly #builder: ComponentBuilder;
  /** `true` from the end of `prepare()` to the commit: a component registered meanwhile waits, and is built from the new snapshot. */
  #isCommitPending = false;
  #isClosed = false;

  constructor(private readonly context: RefreshablesContext) {
    this.#disposals = new Disposals(context);
    this.#builder = new ComponentBuilder(context.runWith, this.#disposals, context.redactError);
  }

  /** Counts of instances since the app started. */
  get counts(): Omit<RefreshablesStatus, 'draining'> {
    return { built: this.#builder.built, ...this.#disposals.counts };
  }

  /** Number of superseded instances that wait for the work that uses them. */
  get draining(): number {
    return this.#handles.flatMap(({ instances }) => instances.filter(isSuperseded)).length;
  }

  /** Registers a component and builds its first instance. Builds it again if there was a commit meanwhile. */
  async register<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    current: () => Snapshot,
  ): Promise<RefreshableHandle<X>> {
    const handle = new RefreshableHandle(definition, dependencies, this.context.ambientVersion);
    for (;;) {
      const snapshot = current();
      const instance = await this.#builder.build(definition, snapshot);
      while (this.#isCommitPending) await nextTurn();
      if (current() === snapshot) return this.#add(handle, instance, snapshot);
      await this.#disposals.dispose(definition, instance);
    }
  }

  /** Registers a component whose first instance exists. */
  adopt<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    first: X,
    snapshot: Snapshot,
  ): RefreshableHandle<X> {
    const handle = new RefreshableHandle(definition, dependencies, this.context.ambientVersion);
    return this.#add(handle, first, snapshot);
  }

  #add<X>(handle: RefreshableHandle<X>, first: X, { version }: Snapshot): RefreshableHandle<X> {
    handle.add(first, version);
    this.#handles.push(handle as RefreshableHandle);
    return handle;
  }

  /** Returns the components that these changes would rebuild, each after those it is built from. */
  affectedBy(changes: readonly Change[]): RefreshableHandle[] {
    const rebuilt = new Set<RefreshableHandle>();
    for (const handle of inDependencyOrder(this.#handles))
      if (handle.isAffectedBy(changes, rebuilt)) rebuilt.add(handle);
    return [...rebuilt];
  }

  /**
   * Builds the instances that a candidate needs. If one fails, those already built for it are disposed of, and nothing
   * else has changed.
   *
   * @throws ConfigRefreshError if an instance could not be built, or is not healthy
   */
  async prepare(candidate: Snapshot, changes: readonly Change[]): Promise<Prepared> {
    const built: RefreshableHandle[] = [];
    try {
      for (;;) {
        // Each time: a module may have been loaded during the last build, with components that are still built from the
        // snapshot in force.
        this.context.discoverNew();
        const next = this.affectedBy(changes).find((handle) => !built.includes(handle));
        if (next === undefined) break;
        const instance = await this.#builder.build(next.definition, candidate);
        next.add(instance, candidate.version);
        built.push(next);
        if (this.#isClosed) throw new ConfigRefreshError(next.definition.label, 'the app is shutting down');
      }
    } catch (error) {
      await this.#disposals.discard(
        built.flatMap(({ instances }) => instances.filter(({ builtFor }) => builtFor === candidate.version)),
      );
      throw error;
    }
    this.#isCommitPending = true;
    return { commit: () => this.#commit(built, candidate.version) };
  }

  /** Disposes of the instances that no work uses any more. Must be called whenever pinned work has ended. */
  disposeUnused(): void {
    this.#disposals.discardUnused(this.#handles);
  }

  /** Disposes of every instance once, each before those it is built from. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // The handles keep their instances: a late caller still gets the newest.
    const all = inDependencyOrder(this.#handles).flatMap(({ instances }) => instances);
    this.#handles.length = 0;
    for (const { drainTimer } of all) clearTimeout(drainTimer);
    void this.#disposals.disposeInReverse(all);
    await this.#disposals.idle();
  }

  #commit(built: readonly RefreshableHandle[], version: number): void {
    this.#isCommitPending = false;
    if (this.#isClosed) return;
    for (const handle of built) this.#disposals.supersede(handle, version);
    this.disposeUnused();
  }
}
