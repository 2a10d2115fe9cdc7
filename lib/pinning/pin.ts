import type { Snapshot } from '../snapshot/snapshot.js';
import type { Outcome } from './outcome-counters.js';

export interface PinOwner {
  ended(pin: Pin, outcome: Outcome): void;
}

/**
 * An async context's hold on one snapshot. After its work has ended, the pin releases the snapshot: what the work left
 * behind (timers, detached promises) then reads the current snapshot and keeps no old one alive (invariant 6).
 */
export class Pin {
  readonly version: number;
  /** The time at which it was taken, in ms of `performance.now()`. */
  readonly since = performance.now();
  /** Neighbors in the list of held pins; maintained by `Leases`. */
  older: Pin | undefined;
  newer: Pin | undefined;
  #snapshot: Snapshot | undefined;
  #held = true;

  constructor(
    snapshot: Snapshot,
    private readonly owner: PinOwner,
    /** Names the pinned work for operators; called only if needed. */
    readonly describe: () => string,
    /** Holds the stack of the call that took it, if pins are traced: that costs time. */
    readonly takenAt?: Error,
  ) {
    this.version = snapshot.version;
    this.#snapshot = snapshot;
  }

  /** The pinned snapshot; undefined after the release. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Ends the pin, with the outcome of its work if that is known. A second call does nothing. */
  end(outcome?: Outcome): void {
    if (!this.#held) return;
    this.#held = false;
    this.owner.ended(this, outcome);
  }

  /** Discards the snapshot: code that still runs in the context of the pin reads the current one. */
  release(): void {
    this.#snapshot = undefined;
  }
}
