import 'reflect-metadata';
import type { Change } from '../model/change.interface.js';
import { checkDelay } from '../options/checks.js';
import { compilePatterns, selectChanges, type Pattern } from '../patterns/pattern.js';
import type { RefreshableDefinition } from './refreshable.interface.js';

/** One instance of a component, and the versions that use it: from its own up to the one that superseded it. */
export interface ComponentInstance<X = unknown> {
  readonly handle: RefreshableHandle<X>;
  readonly value: X;
  /** The version that it was built for. */
  readonly builtFor: number;
  /** The version that superseded it; `undefined` while it is the newest. */
  supersededBy: number | undefined;
  /** Disposes of it when draining takes too long. */
  drainTimer: NodeJS.Timeout | undefined;
  /** `true` as soon as its disposal has started. */
  isDisposed: boolean;
}

/** The live instances of one component. */
export class RefreshableHandle<X = unknown> {
  readonly #patterns: readonly Pattern[];
  /** Oldest first; the last one serves the newest version. */
  readonly #instances: ComponentInstance<X>[] = [];

  constructor(
    readonly definition: RefreshableDefinition<X>,
    /**
     * Returns the other components that this one is built from: when one of them is built again, so is this. A function,
     * because a refreshable class is known only once the app is up.
     */
    readonly dependencies: () => readonly RefreshableHandle[],
    private readonly ambientVersion: () => number,
  ) {
    this.#patterns = compilePatterns(definition.on);
    checkDelay('drainTimeout', definition.drainTimeout ?? 0);
    checkDelay('buildTimeout', definition.buildTimeout ?? 0);
  }

  /**
   * Checks whether an object is itself a handle, and not a proxy that forwards to one. Not by `instanceof`: a live proxy
   * would access an instance that may be missing.
   */
  static is(object: object): object is RefreshableHandle {
    return #patterns in object;
  }

  /** Returns the instance that belongs to the ambient snapshot. */
  get(): X {
    const newest = this.#instances.at(-1)!; // the provider resolves after the first instance was built
    const version = this.ambientVersion();
    if (version >= newest.builtFor) return newest.value;
    return (this.#instances.findLast(({ builtFor }) => builtFor <= version) ?? this.#instances[0]!).value;
  }

  get instances(): readonly ComponentInstance<X>[] {
    return this.#instances;
  }

  /** Returns whether a change concerns the component, or one that it is built from. */
  isAffectedBy(changes: readonly Change[], rebuilt: ReadonlySet<RefreshableHandle>): boolean {
    return (
      selectChanges(this.#patterns, changes).length > 0 || this.dependencies().some((one) => rebuilt.has(one))
    );
  }

  /** Adds a new instance. Until its version is committed, only the context of the candidate sees it. */
  add(value: X, builtFor: number): void {
    this.#instances.push({
      handle: this,
      value,
      builtFor,
      supersededBy: undefined,
      drainTimer: undefined,
      isDisposed: false,
    });
  }

  remove(instance: ComponentInstance<X>): void {
    const index = this.#instances.indexOf(instance);
    if (index >= 0) this.#instances.splice(index, 1);
  }
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
