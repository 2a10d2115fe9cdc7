import { inspect } from 'node:util';
import type { AppCall } from '../model/app-call.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Lease } from './lease.interface.js';
import type { Outcome } from './outcome-counters.js';

/** The part of `Pins` that a pin uses. */
export interface PinOwner {
  /** The pin of the context that the running code is in. */
  readonly active: Pin | undefined;
  /** Counts a pin. */
  began(pin: Pin): Lease;
  /** Must be called once at the end of each pin. */
  ended(pin: Pin, lease: Lease, outcome: Outcome): void;
  /** Runs `fn` in the context of `pin`. */
  enter<R>(pin: Pin, fn: () => R): R;
  /** Calls `listener` when `object` has been collected, if that happens. Returns a function that unregisters it. */
  onCollected(object: object, listener: () => void): () => void;
}

/**
 * An async context's hold on one snapshot. After its work has ended, the pin releases the snapshot: what the work left
 * behind (timers, detached promises) then reads the current snapshot and keeps no old one alive (invariant 6).
 */
export class Pin {
  readonly version: number;
  /** The time at which it was taken, in ms of `performance.now()`. */
  readonly since = performance.now();
  // Private fields: a request that is logged shows its pin, but no values of its configuration.
  readonly #owner: PinOwner;
  #snapshot: Snapshot | undefined;
  /** The lease while it is held. */
  #lease: Lease | undefined;

  constructor(snapshot: Snapshot, owner: PinOwner) {
    this.#owner = owner;
    this.version = snapshot.version;
    this.#snapshot = snapshot;
    this.#lease = owner.began(this);
  }

  /** The pinned snapshot; undefined after the release. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot ?? this.afterEnd();
  }

  get isHeld(): boolean {
    return this.#lease !== undefined;
  }

  /** Names the pinned work for operators. */
  describe(): string {
    return 'a pinned function';
  }

  /** The call of the app's code that the work belongs to; undefined for requests and messages. */
  get call(): AppCall | undefined {
    return undefined;
  }

  /** The stack of the call that took it, if pins are traced. */
  get takenAt(): string | undefined {
    return undefined;
  }

  protected get owner(): PinOwner {
    return this.#owner;
  }

  /** Requests and responses have their pin, and are printed: neither the snapshot nor the app's other pins may be. */
  [inspect.custom](): string {
    return `Pin on version ${this.version}`;
  }

  /** Ends the pin, with the outcome of its work if that is known. A second call does nothing. */
  end(outcome?: Outcome): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    this.#owner.ended(this, lease, outcome);
  }

  /** Discards the snapshot: code that still runs in the context of the pin reads the current one. */
  release(): void {
    this.#snapshot = undefined;
  }

  /** Returns the snapshot to read after the release; undefined for the current one. */
  protected afterEnd(): Snapshot | undefined {
    return undefined;
  }

  /** Holds a snapshot of the same version again, for work that goes on after the end. */
  protected resume(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#lease ??= this.#owner.began(this);
  }
}

/** The pin of a function or a message. */
export class NamedPin extends Pin {
  readonly #describe: () => string;
  readonly #takenAt: Error | undefined;
  readonly #call: AppCall | undefined;

  constructor(
    snapshot: Snapshot,
    owner: PinOwner,
    /** Called only if needed. */
    describe: () => string,
    /** Holds the stack of the call that took it. */
    takenAt?: Error,
    call?: AppCall,
  ) {
    super(snapshot, owner);
    this.#describe = describe;
    this.#takenAt = takenAt;
    this.#call = call;
  }

  override describe(): string {
    return this.#describe();
  }

  override get call(): AppCall | undefined {
    return this.#call;
  }

  override get takenAt(): string | undefined {
    return this.#takenAt?.stack?.split('\n').slice(2).join('\n');
  }
}
