import { describePaths } from '../logging/describe-result.js';
import { ConfigOptionsError, ConfigRefreshError } from '../errors/config.errors.js';
import type { AppCalls } from '../model/app-call.js';
import type { Change } from '../model/change.interface.js';
import type { HotConfigError } from '../model/hot-config.error.js';
import type { Part } from '../model/part.interface.js';
import type { Candidate, Participant, PreparedPart } from '../reload/participant.interface.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { Candidates } from './candidates.js';
import { ComponentBuilder } from './component-builder.js';
import { inDependencyOrder } from './dependency-order.js';
import { Disposals } from './disposals.js';
import type { Holder } from './drain-timeouts.js';
import { type AmbientWork, type ComponentInstance, RefreshableHandle } from './refreshable.handle.js';
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
  /** Number of superseded or discarded instances that wait for the work that uses them. */
  readonly draining: number;
}

/** The member of `HotConfigManager.status()` about components. */
export interface RefreshablesStatusMember {
  /** Components that are rebuilt when their configuration changes. */
  readonly refreshables: RefreshablesStatus;
}

/** The functions of the app that refreshables use. */
export interface RefreshablesContext {
  /** `false` if requests may use an instance without a pin: a replaced one waits for its drain timeout then. */
  readonly areRequestsPinned: boolean;
  readonly ambient: AmbientWork;
  /** Returns whether work is still pinned to a version from `from` up to, not including, `until`. */
  readonly isPinned: (from: number, until: number) => boolean;
  /** Returns the work that is pinned to a version from `from` up to, not including, `until`; the oldest first. */
  readonly heldOn: (from: number, until: number) => Iterable<Holder>;
  /** Runs a function in a context that is pinned to a snapshot. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Calls code of the app. */
  readonly calls: AppCalls;
  /** Registers the components of modules that were loaded since the last call. */
  readonly discoverNew: () => void;
  /** Redacts the secrets in an error of this library. */
  readonly redactError: (error: HotConfigError) => HotConfigError;
  /** Logs a warning. */
  readonly warn: (message: string) => void;
  /** Called if an instance could not be disposed of. */
  readonly onDisposeError: (label: string, error: unknown) => void;
}

/**
 * The components that are built from configuration. New instances are built and checked before the commit, all or none;
 * until then, only work that is pinned to the candidate sees them. Instances that were superseded or discarded are disposed
 * of when the last work that may use them has ended.
 */
export class Refreshables implements Participant, Part {
  readonly #handles: RefreshableHandle[] = [];
  readonly #candidates = new Candidates();
  readonly #disposals: Disposals;
  readonly #builder: ComponentBuilder;
  /** The version of the last commit, or 0. */
  #committedVersion = 0;
  #isClosed = false;

  constructor(private readonly context: RefreshablesContext) {
    this.#disposals = new Disposals({
      isUsed: (from, until) =>
        context.isPinned(from, until) ||
        this.#candidates.areBasedOn(from, until) ||
        (!context.areRequestsPinned && from <= this.#committedVersion),
      holdersOf: (instance) => this.#holdersOf(instance),
      mayBeHeld: (instance) => this.#mayBeHeld(instance),
      instances: () => this.#handles.flatMap((handle) => handle.instances),
      warn: context.warn,
      onDisposeError: context.onDisposeError,
    });
    this.#builder = new ComponentBuilder(
      context.runWith,
      context.calls,
      this.#disposals,
      context.redactError,
    );
  }

  status(): RefreshablesStatusMember {
    const { counts, draining } = this.#disposals;
    return { refreshables: { built: this.#builder.built, ...counts, draining } };
  }

  /**
   * Registers a component and builds its first instance. Builds it again if there was a commit meanwhile.
   *
   * @throws ConfigRefreshError if the instance could not be built or is not healthy, or the app was closed meanwhile
   * @throws ConfigOptionsError if its instances would never be disposed of
   */
  async register<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    current: () => Snapshot,
  ): Promise<RefreshableHandle<X>> {
    const handle = this.#handleOf(definition, dependencies);
    for (;;) {
      const snapshot = current();
      const instance = await this.#builder.build(definition, snapshot);
      // Open candidates do not matter: if they concern this component, they are not current any more.
      if (!this.#isClosed && current() === snapshot) return this.#add(handle, instance, snapshot);
      await this.#disposals.dispose(definition, instance);
      if (this.#isClosed) throw shuttingDown(definition.label);
    }
  }

  /**
   * Registers a component whose first instance exists.
   *
   * @throws ConfigOptionsError if its instances would never be disposed of
   */
  adopt<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
    first: X,
    snapshot: Snapshot,
  ): RefreshableHandle<X> {
    return this.#add(this.#handleOf(definition, dependencies), first, snapshot);
  }

  #handleOf<X>(
    definition: RefreshableDefinition<X>,
    dependencies: () => readonly RefreshableHandle[],
  ): RefreshableHandle<X> {
    if (definition.drainTimeout === Infinity && !this.context.areRequestsPinned)
      throw neverDisposed(definition.label);
    return new RefreshableHandle(definition, dependencies, this.context.ambient, this.#candidates);
  }

  #add<X>(handle: RefreshableHandle<X>, first: X, { version }: Snapshot): RefreshableHandle<X> {
    handle.add(first, version);
    // A module that is loaded while the app closes: nothing else would dispose of its components.
    if (this.#isClosed) void this.#disposals.disposeInReverse((handle as RefreshableHandle).instances);
    else this.#handles.push(handle as RefreshableHandle);
    return handle;
  }

  /** Returns the pins that hold an instance. Asks for all: those on a candidate hold instances of earlier versions. */
  #holdersOf(instance: ComponentInstance): Holder[] {
    const pins = [...this.context.heldOn(0, Infinity)];
    return pins.filter(({ version }) => instance.handle.instanceOn(version) === instance);
  }

  /** Also without a pin, as work may begin to run on a candidate. */
  #mayBeHeld(instance: ComponentInstance): boolean {
    const { versions } = this.#candidates;
    const isOfCandidate = versions.some((version) => instance.handle.instanceOn(version) === instance);
    return isOfCandidate || this.#holdersOf(instance).length > 0;
  }

  /** Returns the labels of the components that these changes would rebuild, each after those it is built from. */
  concernedBy(changes: readonly Change[]): string[] {
    return [...this.#affectedBy(changes).keys()].map(({ definition }) => definition.label);
  }

  /** Returns the components that these changes concern, each with its changes. */
  #affectedBy(changes: readonly Change[]): ReadonlyMap<RefreshableHandle, readonly Change[]> {
    const rebuilt = new Map<RefreshableHandle, readonly Change[]>();
    for (const handle of inDependencyOrder(this.#handles)) {
      const concerning = handle.changesFor(changes, rebuilt);
      if (concerning.length > 0) rebuilt.set(handle, concerning);
    }
    return rebuilt;
  }

  /**
   * Builds the instances that a candidate needs. If one fails, those already built for it are disposed of, and nothing
   * else has changed.
   *
   * @throws ConfigRefreshError if an instance could not be built, or is not healthy
   */
  async prepare({ candidate, changes, current, locate }: Candidate): Promise<PreparedPart> {
    const { version } = candidate;
    const built = new Map<RefreshableHandle, ComponentInstance>();
    this.#candidates.open(version, current.version);
    try {
      for (;;) {
        const next = this.#firstMissing(changes, built);
        if (next === undefined) break;
        const [handle, concerning] = next;
        const { path, segments } = concerning[0]!; // there is one, or it would not be built
        const origin = locate(segments);
        const place = { path, paths: describePaths(concerning), ...(origin && { origin }) };
        const value = await this.#builder.build(handle.definition, candidate, place);
        built.set(handle, handle.prepare(value, version));
        if (this.#isClosed) throw shuttingDown(handle.definition.label);
      }
    } catch (error) {
      // Also if the candidate is pinned: only the builds can have pinned it, and one that hangs never ends its pin.
      await this.#disposals.discard([...built.values()]);
      this.#candidates.remove(version);
      this.disposeUnused();
      throw error;
    }
    return {
      isCurrent: () =>
        current.version >= this.#committedVersion && this.#firstMissing(changes, built) === undefined,
      commit: () => this.#commit(version, [...built.values()]),
      discard: () => this.#discard(version, [...built.values()]),
    };
  }

  /** Returns the first component that these changes concern and that is not among those built, and its changes. */
  #firstMissing(
    changes: readonly Change[],
    built: ReadonlyMap<RefreshableHandle, ComponentInstance>,
  ): readonly [RefreshableHandle, readonly Change[]] | undefined {
    // Each time: a module may have been loaded meanwhile, with components that are built from the snapshot in force.
    this.context.discoverNew();
    return [...this.#affectedBy(changes)].find(([handle]) => !built.has(handle));
  }

  #commit(version: number, built: readonly ComponentInstance[]): void {
    this.#committedVersion = version;
    this.#candidates.remove(version);
    if (this.#isClosed) return;
    for (const instance of built) this.#disposals.drain(instance.handle.commit(instance), version);
    this.disposeUnused();
  }

  async #discard(version: number, built: readonly ComponentInstance[]): Promise<void> {
    this.#candidates.discard(version);
    if (this.#isClosed) return;
    for (const instance of built) this.#disposals.drain(instance, version + 1); // no other version uses them
    await this.#disposeUnused();
  }

  /** Disposes of the instances that no work uses any more. Must be called whenever the last pin on a version has ended. */
  disposeUnused(): void {
    // Checked first: this is called at the end of most requests, and almost always there is nothing to do.
    if (!this.#candidates.isEmpty || !this.#disposals.isEmpty) void this.#disposeUnused();
  }

  #disposeUnused(): Promise<void> {
    this.#candidates.removeUnused((version) => this.context.isPinned(version, version + 1));
    return this.#disposals.discardUnused();
  }

  /** Disposes of every instance once, those of open candidates too, each before those it is built from. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // The handles keep their instances: a late caller still gets the newest.
    const all = inDependencyOrder(this.#handles).flatMap(({ instances }) => instances);
    this.#handles.length = 0;
    void this.#disposals.disposeInReverse(all);
    await this.#disposals.idle();
  }
}

/** Without pins, only the drain timeout says that no request uses an instance any more. */
function neverDisposed(label: string): ConfigOptionsError {
  return new ConfigOptionsError(
    `The drainTimeout of ${label} is Infinity, but the option "pinning" is false: a replaced instance would never be disposed ` +
      'of. Choose a drainTimeout that is longer than your requests, or pin them',
  );
}

function shuttingDown(label: string): ConfigRefreshError {
  return new ConfigRefreshError(label, 'the app is shutting down');
}
