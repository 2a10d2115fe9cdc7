import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * What is kept of the versions that were in force.
 *
 * @publicApi
 */
export interface HistoryOptions {
  /** How many versions are kept; those that are pinned are kept besides. Default 10. */
  readonly max?: number;
}

/** The snapshots that were in force, newest last: the last `max`, and those that are pinned. */
export class History {
  readonly #snapshots: Snapshot[] = [];

  constructor(
    private readonly max: number,
    private readonly isPinned: (version: number) => boolean,
  ) {}

  get snapshots(): readonly Snapshot[] {
    return this.#snapshots;
  }

  /** A version by its number or its hash; the newest, where a hash came twice. */
  find(wanted: number | string): Snapshot | undefined {
    return this.#snapshots.findLast(({ version, hash }) => version === wanted || hash === wanted);
  }

  add(snapshot: Snapshot): void {
    this.#snapshots.push(snapshot);
    this.prune();
  }

  /** Forgets what is too old. To be called again when pins have ended. */
  prune(): void {
    for (let index = 0; this.#snapshots.length > this.max && index < this.#snapshots.length - this.max;) {
      if (this.isPinned(this.#snapshots[index]!.version)) index += 1;
      else this.#snapshots.splice(index, 1);
    }
  }
}
