import type { Snapshot } from './snapshot.js';

/** Holds the current snapshot: the one place of the app's configuration. Everything else derives from it or pins it. */
export class SnapshotStore<T = Record<string, unknown>> {
  #current: Snapshot<T> | undefined;

  /** @throws Error before the first commit, which the boot of the module rules out */
  get current(): Snapshot<T> {
    if (this.#current === undefined) throw new Error('Configuration was read before it was loaded');
    return this.#current;
  }

  /** The latest snapshot; undefined before the first commit. */
  get currentIfAny(): Snapshot<T> | undefined {
    return this.#current;
  }

  /** Assigns one reference: a reader sees the previous snapshot or the new one (invariant 1). */
  commit(snapshot: Snapshot<T>): void {
    this.#current = snapshot;
  }
}
