import { withTimeout } from '../util/timeouts.js';
import { inDependencyOrder } from './dependency-order.js';
import { disposerOf, hasDisposer } from './disposer.js';
import { DrainTimeouts, type Holder } from './drain-timeouts.js';
import type { ComponentInstance, RefreshableHandle } from './refreshable.handle.js';
import type { RefreshableDefinition } from './refreshable.interface.js';
import { DISPOSE_TIMEOUT } from './refreshable-timeouts.js';

/** The functions of the app that disposals use. */
export interface DisposalsContext {
  /** Returns whether work may use the instances of a version from `from` up to, not including, `until`. */
  readonly isUsed: (from: number, until: number) => boolean;
  /** Returns the work that holds an instance now. */
  readonly holdersOf: (instance: ComponentInstance) => readonly Holder[];
  /** Returns whether work holds an instance, or may begin to: it is one of an open candidate. */
  readonly mayBeHeld: (instance: ComponentInstance) => boolean;
  /** Returns all instances of all components. */
  readonly instances: () => readonly ComponentInstance[];
  /** Logs a warning. */
  readonly warn: (message: string) => void;
  /** Called if an instance could not be disposed of. */
  readonly onDisposeError: (label: string, error: unknown) => void;
}

interface RunningDisposal {
  readonly handles: readonly RefreshableHandle[];
  readonly done: Promise<void>;
}

/**
 * Decides when instances that were superseded or discarded are disposed of: when no work uses them any more, at the latest
 * after their drain timeout. Disposes of each once, and counts them.
 */
export class Disposals {
  readonly counts = { disposed: 0, disposeErrors: 0 };
  readonly #draining = new Set<ComponentInstance>();
  /** Instances that were disposed of although work holds them: kept, so that this work gets an error and no other instance. */
  readonly #cut = new Set<ComponentInstance>();
  readonly #timeouts: DrainTimeouts;
  /** The disposals in progress, each of one or more instances, in the order in which they started. */
  readonly #running = new Set<RunningDisposal>();

  constructor(private readonly context: DisposalsContext) {
    this.#timeouts = new DrainTimeouts({ ...context, cut: (instance) => this.#cutOff(instance) });
  }

  /** Number of instances that wait for the work that uses them. */
  get draining(): number {
    return this.#draining.size;
  }

  /** `true` if no instance depends on the end of work. */
  get isEmpty(): boolean {
    return this.#draining.size + this.#cut.size === 0;
  }

  /** Starts the drain timeout of an instance that work on `until` and later versions does not use. */
  drain(instance: ComponentInstance, until: number): void {
    instance.usedUntil = until;
    if (instance.isDisposed) return; // with one that it is built from, before its candidate was discarded
    this.#draining.add(instance);
    this.#timeouts.start(instance);
  }

  /** Discards the draining instances that no work uses any more. Resolves when they are disposed of. */
  discardUnused(): Promise<void> {
    this.#forgetUnheld();
    return this.#draining.size === 0 ? Promise.resolve() : this.discard(this.#findUnused());
  }

  /** Returns the draining instances that neither work nor another instance uses. */
  #findUnused(): ComponentInstance[] {
    const live = inOrder(this.context.instances()).filter(({ isDisposed }) => !isDisposed);
    const needed = new Set<ComponentInstance>();
    // Each after those that are built from it. The first instance of a late component is used by work on versions that
    // are older than what it was built from.
    const unused = live.toReversed().filter((instance) => {
      const isUnused = this.#draining.has(instance) && !needed.has(instance) && !this.#isUsed(instance);
      if (!isUnused) for (const part of partsOf(instance)) needed.add(part);
      return isUnused;
    });
    return unused.reverse();
  }

  #isUsed(instance: ComponentInstance): boolean {
    if (instance.isOverdue) return this.context.mayBeHeld(instance);
    return this.context.isUsed(instance.usedFrom, instance.usedUntil!); // set when it began to drain
  }

  /** Removes instances from their handles, and disposes of them. */
  discard(instances: readonly ComponentInstance[]): Promise<void> {
    for (const instance of instances) instance.handle.remove(instance);
    return this.disposeInReverse(instances);
  }

  /**
   * Disposes of an instance, and of those that are built from it, although work may hold them. Those that have nothing to
   * dispose of stay for that work.
   */
  #cutOff(instance: ComponentInstance): readonly ComponentInstance[] {
    const cut = canBeCut(instance) ? this.#withThoseBuiltFrom(instance).filter(canBeCut) : [];
    for (const one of cut) {
      one.cutBy = instance.handle;
      this.#cut.add(one);
    }
    void this.disposeInReverse(cut);
    // Also what cannot be cut: if requests are not pinned, nothing else ends its draining.
    void this.discardUnused();
    return cut;
  }

  /** Returns an instance and those that are built from it, directly or through others, each after its parts. */
  #withThoseBuiltFrom(instance: ComponentInstance): ComponentInstance[] {
    const found = new Set([instance]);
    for (const one of inOrder(this.context.instances()))
      if (partsOf(one).some((part) => found.has(part))) found.add(one);
    return [...found];
  }

  /** Removes the instances that were cut off and that no work can ask for any more. */
  #forgetUnheld(): void {
    for (const instance of this.#cut) {
      if (this.context.mayBeHeld(instance)) continue;
      this.#cut.delete(instance);
      instance.handle.remove(instance);
    }
  }

  /**
   * Disposes one after the other, last first: an instance may need those it was built from until its end. For the same
   * reason, each waits for disposals in progress of components that are built from its own.
   */
  disposeInReverse(instances: readonly ComponentInstance[]): Promise<void> {
    // The app may close while some are being disposed of already.
    const remaining = instances.filter(({ isDisposed }) => !isDisposed).reverse();
    if (remaining.length === 0) return Promise.resolve();
    for (const instance of remaining) {
      instance.isDisposed = true;
      clearTimeout(instance.drainTimer);
      this.#draining.delete(instance);
    }
    const earlier = [...this.#running]; // none that starts later, so that no two wait for each other
    const disposing = (async () => {
      for (const { handle, value } of remaining) {
        for (const { handles, done } of earlier) if (areBuiltFrom(handle, handles)) await done;
        await this.dispose(handle.definition, value);
      }
    })().finally(() => this.#running.delete(running));
    const running = { handles: remaining.map(({ handle }) => handle), done: disposing };
    this.#running.add(running);
    return disposing;
  }

  /** Disposes of one instance. Never rejects. */
  async dispose<X>(definition: RefreshableDefinition<X>, instance: X): Promise<void> {
    try {
      // One that hangs must block neither the other disposals nor the shutdown of the app.
      await withTimeout(DISPOSE_TIMEOUT, () => disposerOf(definition, instance)?.());
      this.counts.disposed += 1;
    } catch (error) {
      this.counts.disposeErrors += 1;
      this.context.onDisposeError(definition.label, error);
    }
  }

  /** Resolves when no disposal is in progress. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running].map(({ done }) => done));
  }
}

/** Sorts instances so that each follows those it is built from. */
function inOrder(instances: readonly ComponentInstance[]): ComponentInstance[] {
  const handles = inDependencyOrder([...new Set(instances.map(({ handle }) => handle))]);
  return handles.flatMap((handle) => instances.filter((instance) => instance.handle === handle));
}

/** Returns the instances that an instance was built from. */
function partsOf({ handle, builtFor }: ComponentInstance): ComponentInstance[] {
  return handle.dependencies().flatMap((dependency) => dependency.instanceOn(builtFor) ?? []);
}

function canBeCut({ handle, value, isDisposed }: ComponentInstance): boolean {
  return !isDisposed && hasDisposer(handle.definition, value);
}

function areBuiltFrom(handle: RefreshableHandle, handles: readonly RefreshableHandle[]): boolean {
  return handles.some((other) => other.dependencies().includes(handle));
}
