import { setImmediate as turn } from 'node:timers/promises';
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
  readonly #disposing = new Set<Promise<void>>();
  readonly counts = { built: 0, disposed: 0, disposeErrors: 0 };
  /** From the last look at who is there to the commit: who comes in between waits, and is built from what is new. */
  #sealed = false;
  #closed = false;

  constructor(private readonly context: RefreshablesContext) {}

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
      const instance = await this.#build(definition, snapshot);
      while (this.#sealed) await turn();
      if (current() === snapshot) return this.#add(handle, instance, snapshot);
      await this.#disposeInstance(definition, instance);
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
      for (;;) {
        // Asked each time: somebody may have been registered while another one was built.
        const next = this.touchedBy(changes).find((handle) => !built.includes(handle));
        if (next === undefined) break;
        const instance = await this.#build(next.definition, candidate);
        next.push(instance, candidate.version);
        built.push(next);
        if (this.#closed) throw new ConfigRefreshError(next.definition.label, 'the app is shutting down');
      }
    } catch (error) {
      await this.#letGo(
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
    const all = this.#inOrder().flatMap((handle) =>
      handle.generations.map((generation) => ({ handle, generation })),
    );
    this.#handles.length = 0;
    for (const { generation } of all) clearTimeout(generation.timer);
    void this.#disposeInReverse(all);
    await Promise.all(this.#disposing);
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
      if (abandoned) return this.#disposeInstance(definition, built);
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
    return instance!.built; // withTimeout waited for it
  }

  /** Dependencies before what is built from them. */
  #inOrder(): RefreshableHandle[] {
    const known = new Set(this.#handles);
    const ordered = new Set<RefreshableHandle>();
    const visited = new Set<RefreshableHandle>();
    const visit = (handle: RefreshableHandle): void => {
      if (visited.has(handle)) return;
      visited.add(handle);
      handle.dependencies().forEach(visit);
      if (known.has(handle)) ordered.add(handle);
    };
    this.#handles.forEach(visit);
    return [...ordered];
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
      generation.timer = setTimeout(() => void this.#letGo([{ handle, generation }]), drainTimeout).unref();
    }
  }

  #letGoOfUnused(): void {
    const isUnused = ({ from, until }: Generation<unknown>) =>
      until !== undefined && !this.context.isPinned(from, until);
    void this.#letGo(this.#inOrder().flatMap((handle) => generationsOf(handle, isUnused)));
  }

  /** From now on nobody is given these. */
  #letGo(held: readonly Held[]): Promise<void> {
    for (const { handle, generation } of held) {
      clearTimeout(generation.timer);
      handle.remove(generation);
    }
    return this.#disposeInReverse(held);
  }

  /** One after the other: what was built from others may need them to its end. */
  #disposeInReverse(held: readonly Held[]): Promise<void> {
    // An app may close while somebody is let go of already.
    const present = held.filter(({ generation }) => !generation.gone).reverse();
    for (const { generation } of present) generation.gone = true;
    const disposing = (async () => {
      for (const { handle, generation } of present)
        await this.#disposeInstance(handle.definition, generation.instance);
    })().finally(() => this.#disposing.delete(disposing));
    this.#disposing.add(disposing);
    return disposing;
  }

  async #disposeInstance<X>(definition: RefreshableDefinition<X>, instance: X): Promise<void> {
    try {
      // One that hangs must keep neither the others nor the app from their end.
      await withTimeout(DEFAULT_TIMEOUT, () => (definition.dispose ?? disposeByDefault)(instance));
      this.counts.disposed += 1;
    } catch (error) {
      this.counts.disposeErrors += 1;
      this.context.disposeFailed(definition.label, error);
    }
  }
}

/** An instance, and whose it is. */
interface Held {
  readonly handle: RefreshableHandle;
  readonly generation: Generation<unknown>;
}

function generationsOf(
  handle: RefreshableHandle,
  select: (generation: Generation<unknown>) => boolean,
): Held[] {
  return handle.generations.filter(select).map((generation) => ({ handle, generation }));
}

function isSuperseded({ until }: Generation<unknown>): boolean {
  return until !== undefined;
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
