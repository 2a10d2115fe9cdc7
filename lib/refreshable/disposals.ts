import { withTimeout } from '../util/timeouts.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';
import type { ComponentInstance } from './component-instance.js';
import type { RefreshableHandle } from './refreshable.handle.js';

/** An instance, and whose it is. */
export interface InstanceToDispose {
  readonly handle: RefreshableHandle;
  readonly generation: ComponentInstance<unknown>;
}

/** Lets instances go, each once, and counts them. */
export class Disposals {
  readonly counts = { disposed: 0, disposeErrors: 0 };
  readonly #running = new Set<Promise<void>>();

  constructor(
    /** Told of what could not be disposed. */
    private readonly failed: (label: string, error: unknown) => void,
  ) {}

  /** From now on nobody is given these. */
  letGo(held: readonly InstanceToDispose[]): Promise<void> {
    for (const { handle, generation } of held) {
      clearTimeout(generation.timer);
      handle.remove(generation);
    }
    return this.inReverse(held);
  }

  /** One after the other, last first: what was built from others may need them to its end. */
  inReverse(held: readonly InstanceToDispose[]): Promise<void> {
    // An app may close while somebody is let go of already.
    const present = held.filter(({ generation }) => !generation.gone).reverse();
    for (const { generation } of present) generation.gone = true;
    const disposing = (async () => {
      for (const { handle, generation } of present) await this.one(handle.definition, generation.instance);
    })().finally(() => this.#running.delete(disposing));
    this.#running.add(disposing);
    return disposing;
  }

  /** Never rejects. */
  async one<X>(definition: RefreshableDefinition<X>, instance: X): Promise<void> {
    try {
      // One that hangs must keep neither the others nor the app from their end.
      await withTimeout(DEFAULT_TIMEOUT, () => (definition.dispose ?? disposeByDefault)(instance));
      this.counts.disposed += 1;
    } catch (error) {
      this.counts.disposeErrors += 1;
      this.failed(definition.label, error);
    }
  }

  /** Resolves when all that was let go of is disposed. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

async function disposeByDefault(instance: unknown): Promise<void> {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return;
  if (Symbol.asyncDispose in instance) await (instance as AsyncDisposable)[Symbol.asyncDispose]();
  else if (Symbol.dispose in instance) (instance as Disposable)[Symbol.dispose]();
}
