import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * An async context's hold on one snapshot. When its work ends it lets go: what the work left behind (timers, detached
 * promises) then reads the current snapshot and keeps no old one alive (invariant 6).
 */
export class Pin<T = Record<string, unknown>> {
  #snapshot: Snapshot<T> | undefined;

  constructor(snapshot: Snapshot<T>) {
    this.#snapshot = snapshot;
  }

  /** The pinned snapshot, or undefined once the pin has ended. */
  get snapshot(): Snapshot<T> | undefined {
    return this.#snapshot;
  }

  /** Lets go. Ending twice does nothing. */
  end(): void {
    this.#snapshot = undefined;
  }
}
