import { setImmediate as turn } from 'node:timers/promises';
import type { Change } from '../model/change.interface.js';
import { ConfigRefreshError } from '../errors/config.errors.js';
import type { Prepared } from '../reload/preparation.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { ComponentBuilder } from './component-builder.js';
import { inDependencyOrder } from './dependency-order.js';
import { Disposals, type InstanceToDispose } from './disposals.js';
import type { ComponentInstance } from './component-instance.js';
import { RefreshableHandle } from './refreshable.handle.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';

/**
 * How the components that follow configuration stand.
 *
 * @publicApi
 */
export interface RefreshablesStatus {
  /** Instances built since the app started. */
  readonly built: number;
  /** Instances disposed of since then. */
  readonly disposed: number;
  /** Instances whose disposal failed. */
  readonly disposeErrors: number;
  /** Superseded instances that wait for the work that holds them. */
  readonly draining: number;
}

/** What refreshables need to know of the rest. */
export interface RefreshablesContext {
  /** The version the running code reads. */
  readonly ambientVersion: () => number;
  /** Hides the secrets in an error of this library. */
  readonly withoutSecrets: (error: ConfigRefreshError) => ConfigRefreshError;
  /** Runs a function in a context pinned to a snapshot. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Whether work is still pinned to a version from `from` up to, not including, `until`. */
  readonly isPinned: (from: number, until: number) => boolean;
  /** Takes in who was loaded lately. */
  readonly discoverNew: () => void;
  /** Told of what could not be disposed. */
  readonly disposeFailed: (label: string, error: unknown) => void;
}

/**
 * All components that follow configuration. New instances are built and checked before the commit, all or none; old
 * ones are let go when the last work that could use them has ended.
 */
export class Refreshables {
  readonly #handles: RefreshableHandle[] = [];
  readonly #disposals: Disposals;
  readonly #builder: ComponentBuilder;
  /** From the last look at who is there to the commit: who comes in between waits, and is built from what is new. */
  #sealed = false;
  #closed = false;

  constructor(private readonly context: RefreshablesContext) {
    this.#disposals = new Disposals(context.disposeFailed);
    this.#builder = new ComponentBuilder(context.runWith, this.#disposals, context.withoutSecrets);
  }

  /** Instances since the app started. */
  get counts(): Omit<RefreshablesStatus, 'draining'> {
    return { built: this.#builder.built, ...this.#disposals.counts };
  }

  /** How many superseded instances wait for the work that holds them. */
  get draining(): number {
    const superseded = this.#handles.map(({ generations }) => generations.filter(isSuperseded).length);
    return superseded.reduce((sum, count) => sum + count, 0);
  }

  /** Takes a refreshable in, and builds its first instance; again, where there was a commit meanwhile. */
  async register<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    current: () => Snapshot,
  ): Promise<RefreshableHandle<X>> {
    const handle = new RefreshableHandle(definition, dependencies, this.context.ambientVersion);
    for (;;) {
      const snapshot = current();
      const instance = await this.#builder.build(definition, snapshot);
      while (this.#sealed) await turn();
      if (current() === snapshot) return this.#add(handle, instance, snapshot);
      await this.#disposals.one(definition, instance);
    }
  }

  /** Takes a refreshable in whose first instance exists. */
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
    handle.push(first, version);
    this.#handles.push(handle as RefreshableHandle);
    return handle;
  }

  /** Who would be built again by these changes; nobody before what it is built from. */
  touchedBy(changes: readonly Change[]): RefreshableHandle[] {
    const rebuilt = new Set<RefreshableHandle>();
    for (const handle of inDependencyOrder(this.#handles))
      if (handle.isTouchedBy(changes, rebuilt)) rebuilt.add(handle);
    return [...rebuilt];
  }

  /**
   * Builds the instances that a candidate needs. Where one fails, those that were built are disposed and nothing has
   * happened.
   *
   * @throws ConfigRefreshError
   */
  async prepare(candidate: Snapshot, changes: readonly Change[]): Promise<Prepared> {
    const built: RefreshableHandle[] = [];
    try {
      for (;;) {
        // Asked each time: a module may have been loaded while somebody was built, with components of its own that are
        // built from what is in force still.
        this.context.discoverNew();
        const next = this.touchedBy(changes).find((handle) => !built.includes(handle));
        if (next === undefined) break;
        const instance = await this.#builder.build(next.definition, candidate);
        next.push(instance, candidate.version);
        built.push(next);
        if (this.#closed) throw new ConfigRefreshError(next.definition.label, 'the app is shutting down');
      }
    } catch (error) {
      await this.#disposals.letGo(
        built.flatMap((handle) => generationsOf(handle, ({ from }) => from === candidate.version)),
      );
      throw error;
    }
    this.#sealed = true;
    return { commit: () => this.#commit(built, candidate.version) };
  }

  /** To be called when work that was pinned has ended. */
  released(): void {
    for (const { generations } of this.#handles) if (generations.length > 1) return this.#letGoOfUnused();
  }

  /** Disposes of everything, last built first, once. */
  async close(): Promise<void> {
    this.#closed = true;
    // The handles keep what they have: who still asks gets what was the newest.
    const all = inDependencyOrder(this.#handles).flatMap((handle) =>
      handle.generations.map((generation) => ({ handle, generation })),
    );
    this.#handles.length = 0;
    for (const { generation } of all) clearTimeout(generation.timer);
    void this.#disposals.inReverse(all);
    await this.#disposals.idle();
  }

  #commit(built: readonly RefreshableHandle[], version: number): void {
    this.#sealed = false;
    if (this.#closed) return;
    for (const handle of built) this.#supersede(handle, version);
    this.#letGoOfUnused();
  }

  #supersede(handle: RefreshableHandle, version: number): void {
    const { drainTimeout = DEFAULT_TIMEOUT } = handle.definition;
    for (const generation of handle.generations) {
      if (generation.from === version || isSuperseded(generation)) continue;
      generation.until = version;
      generation.timer = setTimeout(
        () => void this.#disposals.letGo([{ handle, generation }]),
        drainTimeout,
      ).unref();
    }
  }

  #letGoOfUnused(): void {
    const isUnused = ({ from, until }: ComponentInstance<unknown>) =>
      until !== undefined && !this.context.isPinned(from, until);
    void this.#disposals.letGo(
      inDependencyOrder(this.#handles).flatMap((handle) => generationsOf(handle, isUnused)),
    );
  }
}

function generationsOf(
  handle: RefreshableHandle,
  select: (generation: ComponentInstance<unknown>) => boolean,
): InstanceToDispose[] {
  return handle.generations.filter(select).map((generation) => ({ handle, generation }));
}

function isSuperseded({ until }: ComponentInstance<unknown>): boolean {
  return until !== undefined;
}
