import { withTimeout } from '../util/timeouts.js';
import type { ComponentInstance } from './refreshable.handle.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';

/** Disposes of instances, each once, and counts them. */
export class Disposals {
  readonly counts = { disposed: 0, disposeErrors: 0 };
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly onError: (label: string, error: unknown) => void) {}

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
      this.onError(definition.label, error);
    }
  }

  /** Resolves when no disposal is in progress. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
