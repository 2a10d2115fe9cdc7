import type { Change } from '../changes/change.interface.js';
import { ConfigRefreshError } from '../errors/config.errors.js';
import { reasonOf } from '../errors/reason-of.js';
import type { Prepared } from '../reload/preparation.js';
import { withTimeout } from '../reload/with-timeout.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Generation } from './generation.js';
import { RefreshableHandle } from './refreshable.handle.js';
import type { RefreshableDefinition } from './refreshable.interface.js';

const DEFAULT_TIMEOUT = 30_000;

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
  /** Runs a function in a context pinned to a snapshot. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Whether work is still pinned to a version from `from` up to, not including, `until`. */
  readonly isPinned: (from: number, until: number) => boolean;
  /** Told of what could not be disposed. */
  readonly disposeFailed: (label: string, error: unknown) => void;
}

/**
 * All components that follow configuration. New instances are built and checked before the commit, all or none; old
 * ones are let go when the last work that could use them has ended.
 */
export class Refreshables {
  readonly #handles: RefreshableHandle[] = [];
  readonly counts = { built: 0, disposed: 0, disposeErrors: 0 };

  constructor(private readonly context: RefreshablesContext) {}

  /** How many superseded instances wait for the work that holds them. */
  get draining(): number {
    return this.#handles.reduce((count, handle) => count + handle.generations.length - 1, 0);
  }

  /** Takes a refreshable in, and builds its first instance. */
  async register<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    snapshot: Snapshot,
  ): Promise<RefreshableHandle<X>> {
    return this.adopt(definition, dependencies, await this.#build(definition, snapshot), snapshot);
  }

  /** Takes a refreshable in whose first instance exists. */
  adopt<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    first: X,
    snapshot: Snapshot,
  ): RefreshableHandle<X> {
    const handle = new RefreshableHandle(definition, dependencies, this.context.ambientVersion);
    handle.push(first, snapshot.version);
    this.#handles.push(handle as RefreshableHandle);
    return handle;
  }

  /** Who would be built again by these changes; nobody before what it is built from. */
  touchedBy(changes: readonly Change[]): RefreshableHandle[] {
    const rebuilt = new Set<RefreshableHandle>();
    for (const handle of this.#inOrder()) if (handle.isTouchedBy(changes, rebuilt)) rebuilt.add(handle);
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
      for (const handle of this.touchedBy(changes)) {
        handle.push(await this.#build(handle.definition, candidate), candidate.version);
        built.push(handle);
      }
    } catch (error) {
      await this.#undo(built, candidate.version);
      throw error;
    }
    return { commit: () => built.forEach((handle) => this.#supersede(handle, candidate.version)) };
  }

  /** To be called when work that was pinned has ended. */
  released(): void {
    for (const handle of this.#handles) {
      if (handle.generations.length > 1) this.#letGoOfUnused(handle);
    }
  }

  /** Disposes of everything, last built first, once. */
  async close(): Promise<void> {
    for (const handle of this.#inOrder().reverse()) {
      for (const generation of [...handle.generations].reverse()) await this.#dispose(handle, generation);
    }
    this.#handles.length = 0;
  }

  async #build<X>(definition: RefreshableDefinition<X>, snapshot: Snapshot): Promise<X> {
    const { label, build, healthCheck, buildTimeout = DEFAULT_TIMEOUT } = definition;
    let instance: { readonly built: X } | undefined;
    let abandoned = false;
    const building = async () => {
      const built = await this.context.runWith(snapshot, () => build(snapshot));
      this.counts.built += 1;
      instance = { built };
      // Nobody waits any more: an instance that comes too late must not stay behind.
      if (abandoned) return void (await this.#disposeInstance(definition, built));
      const healthy = await this.context.runWith(snapshot, () => healthCheck?.(built));
      if (healthy === false) throw new Error('its health check answered false');
    };
    try {
      await withTimeout(buildTimeout, building);
    } catch (error) {
      abandoned = true;
      if (instance !== undefined) await this.#disposeInstance(definition, instance.built);
      throw new ConfigRefreshError(label, reasonOf(error), { cause: error });
    }
    return instance!.built;
  }

  /** Dependencies before what is built from them. */
  #inOrder(): RefreshableHandle[] {
    const ordered = new Set<RefreshableHandle>();
    const visited = new Set<RefreshableHandle>();
    const visit = (handle: RefreshableHandle): void => {
      if (visited.has(handle)) return;
      visited.add(handle);
      handle.dependencies().forEach(visit);
      ordered.add(handle);
    };
    this.#handles.forEach(visit);
    return [...ordered];
  }

  #supersede(handle: RefreshableHandle, version: number): void {
    for (const generation of handle.generations) {
      if (generation.from === version || generation.until !== undefined) continue;
      generation.until = version;
      const { drainTimeout = DEFAULT_TIMEOUT } = handle.definition;
      generation.timer = setTimeout(() => void this.#dispose(handle, generation), drainTimeout).unref();
    }
    this.#letGoOfUnused(handle);
  }

  #letGoOfUnused(handle: RefreshableHandle): void {
    for (const generation of [...handle.generations]) {
      const { from, until } = generation;
      if (until !== undefined && !this.context.isPinned(from, until)) void this.#dispose(handle, generation);
    }
  }

  async #undo(built: readonly RefreshableHandle[], version: number): Promise<void> {
    for (const handle of [...built].reverse()) {
      const generation = handle.generations.find(({ from }) => from === version);
      if (generation !== undefined) await this.#dispose(handle, generation);
    }
  }

  async #dispose(handle: RefreshableHandle, generation: Generation<unknown>): Promise<void> {
    clearTimeout(generation.timer);
    handle.remove(generation);
    await this.#disposeInstance(handle.definition, generation.instance);
  }

  async #disposeInstance<X>(definition: RefreshableDefinition<X>, instance: X): Promise<void> {
    try {
      await (definition.dispose ?? disposeByDefault)(instance);
      this.counts.disposed += 1;
    } catch (error) {
      this.counts.disposeErrors += 1;
      this.context.disposeFailed(definition.label, error);
    }
  }
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if (typeof instance !== 'object' || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
