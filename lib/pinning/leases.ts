import type { Pin } from './pin.js';

/**
 * The pins in `HotConfigManager.status()`.
 *
 * @publicApi
 */
export interface PinsStatus {
  /** Number of pins that are held now. */
  readonly total: number;
  /** Number of pins by version. */
  readonly byVersion: Readonly<Record<number, number>>;
  /** Age of the oldest pin, in ms; undefined without pins. */
  readonly oldestAgeMs: number | undefined;
}

/** The member of `HotConfigManager.status()`. */
export interface PinsStatusMember {
  /** Requests and other work that hold a version. */
  readonly pins: PinsStatus;
}

/**
 * Counts the pins on each version. Pins form a list in the order in which they were taken: the oldest one is known, and
 * to take or end a pin costs the same for any number of pins.
 */
export class Leases {
  readonly #counts = new Map<number, number>();
  #oldest: Pin | undefined;
  #newest: Pin | undefined;

  /** The oldest pin that is held. */
  get oldest(): Pin | undefined {
    return this.#oldest;
  }

  /** Checks whether a version from `from` up to, not including, `until` is pinned. */
  isPinned(from: number, until: number): boolean {
    for (const version of this.#counts.keys()) if (version >= from && version < until) return true;
    return false;
  }

  /** The versions that are pinned. */
  get versions(): IterableIterator<number> {
    return this.#counts.keys();
  }

  add(pin: Pin): void {
    this.#counts.set(pin.version, (this.#counts.get(pin.version) ?? 0) + 1);
    pin.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = pin;
    else this.#newest.newer = pin;
    this.#newest = pin;
  }

  /** Returns `true` if that was the last pin on its version. */
  remove(pin: Pin): boolean {
    if (pin.older === undefined) this.#oldest = pin.newer;
    else pin.older.newer = pin.newer;
    if (pin.newer === undefined) this.#newest = pin.older;
    else pin.newer.older = pin.older;
    pin.older = pin.newer = undefined;

    const left = this.#counts.get(pin.version)! - 1; // counted when it was added
    if (left > 0) this.#counts.set(pin.version, left);
    else this.#counts.delete(pin.version);
    return left === 0;
  }

  status(): PinsStatus {
    const byVersion = Object.fromEntries(this.#counts);
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return { total, byVersion, oldestAgeMs: this.#oldest && performance.now() - this.#oldest.since };
  }
}
