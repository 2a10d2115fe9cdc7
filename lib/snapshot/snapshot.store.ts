import type { Snapshot } from './snapshot.js';

/**
 * Holds the current snapshot: the one place of the app's configuration. Everything else derives from it or pins what
 * it once held.
 */
export class SnapshotStore<T = Record<string, unknown>> {
  #current: Snapshot<T> | undefined;

  /** The latest snapshot. Throws before the first one is committed, which the module's boot rules out. */
  get current(): Snapshot<T> {
    if (this.#current === undefined) throw new Error('Configuration was read before it was loaded');
    return this.#current;
  }

  /** The latest snapshot, or undefined before the first. */
  get currentIfAny(): Snapshot<T> | undefined {
    return this.#current;
  }

  /** One reference assignment: a reader sees the snapshot before it or the one after it (invariant 1). */
  commit(snapshot: Snapshot<T>): void {
    this.#current = snapshot;
  }
}
