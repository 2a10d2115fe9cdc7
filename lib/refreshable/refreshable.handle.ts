import 'reflect-metadata';
import { ConfigDisposedError } from '../errors/config.errors.js';
import type { Change } from '../model/change.interface.js';
import { compilePatterns, selectChanges, type Pattern } from '../patterns/pattern.js';
import { formatDuration } from '../util/format-duration.js';
import type { Candidates } from './candidates.js';
import type { RefreshableDefinition } from './refreshable.interface.js';
import { buildTimeoutMs, drainTimeoutMs } from './refreshable-timeouts.js';

/** One instance of a component, and the versions whose work uses it: from `usedFrom` up to, not including, `usedUntil`. */
export interface ComponentInstance<X = unknown> {
  readonly handle: RefreshableHandle<X>;
  readonly value: X;
  /** The version that it was built for. */
  readonly builtFor: number;
  /** The version that it was built for; 0 for the first instance: work on earlier versions has no other one. */
  readonly usedFrom: number;
  /** Set when it was superseded, or when its candidate was discarded: no new work uses it, and it is drained. */
  usedUntil: number | undefined;
  /** Warns, and then disposes of it, when draining takes too long. */
  drainTimer: NodeJS.Timeout | undefined;
  /** `true` when its drain timeout is over. */
  isOverdue: boolean;
  /** Set if it was disposed of although work holds it: the component whose drain timeout was over. */
  cutBy: RefreshableHandle | undefined;
  /** `true` as soon as its disposal has started. */
  isDisposed: boolean;
}

/** The work that the running code belongs to. */
export interface AmbientWork {
  /** Returns the version that the running code reads. */
  readonly version: () => number;
  /** Returns whether it is a timer or a promise that ended work has left behind with its version (`afterPinEnd: 'keep'`). */
  readonly isLeftBehind: () => boolean;
}

/** The live instances of one component. */
export class RefreshableHandle<X = unknown> {
  /** In ms, or `Infinity`. */
  readonly drainTimeout: number;
  readonly #patterns: readonly Pattern[];
  /** The instances of versions that are or were in force, oldest first. */
  readonly #committed: ComponentInstance<X>[] = [];
  /** The last of them. */
  #newest: ComponentInstance<X> | undefined;
  /** The instances of candidates. */
  readonly #prepared: ComponentInstance<X>[] = [];

  constructor(
    readonly definition: RefreshableDefinition<X>,
    /**
     * Returns the other components that this one is built from: when one of them is built again, so is this. A function,
     * because a refreshable class is known only once the app is up.
     */
    readonly dependencies: () => readonly RefreshableHandle[],
    private readonly ambient: AmbientWork,
    private readonly candidates: Candidates,
  ) {
    this.#patterns = compilePatterns(definition.on);
    this.drainTimeout = drainTimeoutMs(definition);
    buildTimeoutMs(definition); // refused here, and not by the first reload
  }

  /**
   * Checks whether an object is itself a handle, and not a proxy that forwards to one. Not by `instanceof`: a live proxy
   * would access an instance that may be missing.
   */
  static is(object: object): object is RefreshableHandle {
    return #patterns in object;
  }

  /**
   * Returns the instance that belongs to the ambient snapshot.
   *
   * @throws ConfigDisposedError if it was disposed of: never another one, which would mix two versions
   */
  get(): X {
    const newest = this.#newest!; // the provider resolves after the first instance was built
    const version = this.ambient.version();
    if (version >= newest.builtFor && this.candidates.isEmpty) return newest.value;
    const instance = this.instanceOn(version);
    if (instance?.cutBy !== undefined) throw cutError(instance, instance.cutBy);
    if (instance !== undefined) return instance.value;
    // The pin of the work had ended, and none is left: a request whose client has gone may go on later.
    if (this.ambient.isLeftBehind()) return newest.value;
    throw new ConfigDisposedError(
      this.definition.label,
      version,
      'it has gone on after its client had disconnected',
    );
  }

  /** The instance of the version in force. */
  get newest(): X {
    return this.#newest!.value; // as above
  }

  /** Returns the instance that work on a version uses, also if it was cut off; undefined if it is gone. */
  instanceOn(version: number): ComponentInstance<X> | undefined {
    const base = this.candidates.baseOf(version);
    const own = base === undefined ? undefined : this.#prepared.find(({ builtFor }) => builtFor === version);
    if (own !== undefined) return own;
    const committed = base ?? version;
    return this.#committed.findLast(
      ({ usedFrom, usedUntil = Infinity }) => usedFrom <= committed && committed < usedUntil,
    );
  }

  /** All live instances, those of candidates last. */
  get instances(): readonly ComponentInstance<X>[] {
    return [...this.#committed, ...this.#prepared];
  }

  /**
   * Returns the changes that concern the component, or one that it is built from.
   *
   * @param rebuilt the components that are built before it, each with its changes
   */
  changesFor(
    changes: readonly Change[],
    rebuilt: ReadonlyMap<RefreshableHandle, readonly Change[]>,
  ): readonly Change[] {
    const own = selectChanges(this.#patterns, changes);
    if (own.length > 0) return own;
    // Once each: components that share what they are built from would multiply them.
    return [...new Set(this.dependencies().flatMap((one) => rebuilt.get(one) ?? []))];
  }

  /** Adds the first instance. */
  add(value: X, builtFor: number): void {
    this.#newest = this.#instanceOf(value, builtFor, 0);
    this.#committed.push(this.#newest);
  }

  /** Adds an instance that only work on a candidate sees. */
  prepare(value: X, candidate: number): ComponentInstance<X> {
    const instance = this.#instanceOf(value, candidate);
    this.#prepared.push(instance);
    return instance;
  }

  /** Makes the instance of a candidate the newest one. Returns the one that it supersedes. */
  commit(instance: ComponentInstance<X>): ComponentInstance<X> {
    const superseded = this.#newest!;
    removeFrom(this.#prepared, instance);
    this.#committed.push(instance);
    this.#newest = instance;
    return superseded;
  }

  remove(instance: ComponentInstance<X>): void {
    removeFrom(this.#committed, instance);
    removeFrom(this.#prepared, instance);
  }

  #instanceOf(value: X, builtFor: number, usedFrom = builtFor): ComponentInstance<X> {
    return {
      handle: this,
      value,
      builtFor,
      usedFrom,
      usedUntil: undefined,
      drainTimer: undefined,
      isOverdue: false,
      cutBy: undefined,
      isDisposed: false,
    };
  }
}

function cutError<X>(
  { handle, builtFor }: ComponentInstance<X>,
  { definition, drainTimeout }: RefreshableHandle,
): ConfigDisposedError {
  const limit = `the drainTimeout of ${definition.label} (${formatDuration(drainTimeout)})`;
  const why = `it takes longer than ${limit}. Raise that drainTimeout, or set it to Infinity`;
  return new ConfigDisposedError(handle.definition.label, builtFor, why);
}

function removeFrom<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

/** Metadata key of the handle of an injected proxy. Metadata is found by identity, without access through the proxy. */
const HANDLE_METADATA = Symbol('nestjs-hot-config:refreshable-handle');

/** Links a proxy that is injected to the handle whose instances it forwards to. */
export function linkToHandle(proxy: object, handle: RefreshableHandle): void {
  Reflect.defineMetadata(HANDLE_METADATA, handle, proxy);
}

/** Returns the handle of an injected dependency, or `undefined` if that is not a component. */
export function handleOf(dependency: unknown): RefreshableHandle | undefined {
  if ((typeof dependency !== 'object' && typeof dependency !== 'function') || dependency === null)
    return undefined;
  if (RefreshableHandle.is(dependency)) return dependency;
  return Reflect.getOwnMetadata(HANDLE_METADATA, dependency) as RefreshableHandle | undefined;
}
