import { withTimeout } from '../util/timeouts.js';
import { inDependencyOrder } from './dependency-order.js';
import type { ComponentInstance, RefreshableHandle } from './refreshable.handle.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';

/** The functions of the app that disposals use. */
export interface DisposalsContext {
  /** Returns whether work is still pinned to a version from `from` up to, not including, `until`. */
  readonly isPinned: (from: number, until: number) => boolean;
  /** Called if an instance could not be disposed of. */
  readonly onDisposeError: (label: string, error: unknown) => void;
}

/**
 * Decides when superseded instances are disposed of: when no work uses them any more, at the latest after their drain
 * timeout. Disposes of each once, and counts them.
 */
export class Disposals {
  readonly counts = { disposed: 0, disposeErrors: 0 };
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly context: DisposalsContext) {}

  /** Starts the drain timeout of the instances that the one built for `version` replaces. */
  supersede({ definition, instances }: RefreshableHandle, version: number): void {
    const { drainTimeout = DEFAULT_TIMEOUT } = definition;
    for (const instance of instances) {
      if (instance.builtFor === version || isSuperseded(instance)) continue;
      instance.supersededBy = version;
      instance.drainTimer = setTimeout(() => void this.discard([instance]), drainTimeout).unref();
    }
  }

  /** Discards the superseded instances of `handles` that no work uses any more. */
  discardUnused(handles: readonly RefreshableHandle[]): void {
    const isUnused = ({ builtFor, supersededBy }: ComponentInstance) =>
      supersededBy !== undefined && !this.context.isPinned(builtFor, supersededBy);
    // The length first: this is called at the end of most requests, and almost always no instance is superseded.
    const unused = handles.filter(({ instances }) => instances.length > 1 && instances.some(isUnused));
    if (unused.length === 0) return;
    void this.discard(inDependencyOrder(unused).flatMap(({ instances }) => instances.filter(isUnused)));
  }

  /** Removes instances from their handles, and disposes of them. */
  discard(instances: readonly ComponentInstance[]): Promise<void> {
    for (const instance of instances) {
      clearTimeout(instance.drainTimer);
      instance.handle.remove(instance);
    }
    return this.disposeInReverse(instances);
  }

  /** Disposes one after the other, last first: an instance may need those it was built from until its end. */
  disposeInReverse(instances: readonly ComponentInstance[]): Promise<void> {
    // The app may close while some are being disposed of already.
    const remaining = instances.filter(({ isDisposed }) => !isDisposed).reverse();
    for (const instance of remaining) instance.isDisposed = true;
    const disposing = (async () => {
      for (const { handle, value } of remaining) await this.dispose(handle.definition, value);
    })().finally(() => this.#running.delete(disposing));
    this.#running.add(disposing);
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
    await Promise.all(this.#running);
  }
}

/** Returns whether a newer instance has replaced this one. */
export function isSuperseded({ supersededBy }: ComponentInstance): boolean {
  return supersededBy !== undefined;
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
