import type { Snapshot } from '../snapshot/snapshot.js';
import type { Outcome } from './outcomes.js';

/** What a pin tells when it ends. */
export interface PinOwner {
  ended(pin: Pin, outcome: Outcome): void;
}

/**
 * An async context's hold on one snapshot. When its work ends it lets go: what the work left behind (timers, detached
 * promises) then reads the current snapshot and keeps no old one alive (invariant 6).
 */
export class Pin {
  readonly version: number;
  /** When it was taken, in ms of `performance.now()`. */
  readonly since = performance.now();
  /** Its neighbours among the pins that are held; kept by `Leases`. */
  older: Pin | undefined;
  newer: Pin | undefined;
  #snapshot: Snapshot | undefined;
  #held = true;

  constructor(
    snapshot: Snapshot,
    private readonly owner: PinOwner,
    /** Who took it, for people; asked only when somebody wants to know. */
    readonly describe: () => string,
    /** Where it was taken; only where somebody asked for that, for it costs time. */
    readonly takenAt?: Error,
  ) {
    this.version = snapshot.version;
    this.#snapshot = snapshot;
  }

  /** The pinned snapshot, or undefined once the pin has let go of it. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The work is over, and this is how it ended, where that is known. Ending twice does nothing. */
  end(outcome?: Outcome): void {
    if (!this.#held) return;
    this.#held = false;
    this.owner.ended(this, outcome);
  }

  /** Forgets the snapshot: whoever still runs in its context reads the current one. */
  release(): void {
    this.#snapshot = undefined;
  }
}
