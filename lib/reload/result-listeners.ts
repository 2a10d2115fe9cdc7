import type { ReloadResult } from '../model/reload-result.interface.js';

/** Learns how each reload ended. What it throws is ignored. */
export type ResultListener = (result: ReloadResult) => void;

/** Tells everybody who listens how each reload ended; one that throws hurts nobody else. */
export class ResultListeners {
  readonly #listeners = new Set<ResultListener>();

  constructor(private readonly failed: (error: unknown) => void) {}

  /** Adds one; the answer removes it. */
  add(listener: ResultListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(result: ReloadResult): void {
    for (const listener of new Set(this.#listeners)) {
      try {
        listener(result);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}
