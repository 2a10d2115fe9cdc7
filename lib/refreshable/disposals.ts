import { withTimeout } from '../util/timeouts.js';
import type { ComponentInstance, RefreshableHandle } from './refreshable.handle.js';
import { inDependencyOrder } from './dependency-order.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';

/** The functions of the app that disposals use. */
export interface DisposalsContext {
  /** Returns whether work may use the instances of a version from `from` up to, not including, `until`. */
  readonly isUsed: (from: number, until: number) => boolean;
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
  /** The disposals in progress, each of one or more instances, in the order in which they started. */
  readonly #running = new Set<RunningDisposal>();

  constructor(private readonly context: DisposalsContext) {}

  /** Number of instances that wait for the work that uses them. */
  get draining(): number {
    return this.#draining.size;
  }

  /** Starts the drain timeout of an instance that work on `until` and later versions does not use. */
  drain(instance: ComponentInstance, until: number): void {
    const { drainTimeout = DEFAULT_TIMEOUT } = instance.handle.definition;
    instance.usedUntil = until;
    instance.drainTimer = setTimeout(() => void this.discard([instance]), drainTimeout).unref();
    this.#draining.add(instance);
  }

  /** Discards the draining instances that no work uses any more. Resolves when they are disposed of. */
  discardUnused(): Promise<void> {
    const unused = [...this.#draining].filter(
      ({ builtFor, usedUntil }) => !this.context.isUsed(builtFor, usedUntil!), // set when it began to drain
    );
    const handles = inDependencyOrder([...new Set(unused.map(({ handle }) => handle))]);
    return this.discard(handles.flatMap((handle) => unused.filter((instance) => instance.handle === handle)));
  }

  /** Removes instances from their handles, and disposes of them. */
  discard(instances: readonly ComponentInstance[]): Promise<void> {
    for (const instance of instances) instance.handle.remove(instance);
    return this.disposeInReverse(instances);
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
      await withTimeout(DEFAULT_TIMEOUT, () => (definition.dispose ?? disposeByDefault)(instance));
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

function areBuiltFrom(handle: RefreshableHandle, handles: readonly RefreshableHandle[]): boolean {
  return handles.some((other) => other.dependencies().includes(handle));
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
