import { AsyncLocalStorage } from 'node:async_hooks';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SnapshotStore } from '../snapshot/snapshot.store.js';
import { Leases } from './leases.js';
import type { Outcome, Outcomes } from './outcomes.js';
import { Pin, type PinOwner } from './pin.js';
import { whenOver } from './when-over.js';

/** How pins behave. */
export interface PinsOptions {
  /**
   * What timers and detached promises read that a request left behind: the current snapshot (`release`), or the one the
   * request was pinned to (`keep`).
   */
  readonly afterEnd: 'release' | 'keep';
  /** Whether functions that are run pinned remember the stack they were called on. */
  readonly traced: boolean;
}

/**
 * Which snapshot the running code reads: the pinned one inside a pinned context, the current one elsewhere.
 *
 * Pins are always taken fresh, never reused from a context that happens to be active, and always entered with `run`:
 * `enterWith` leaks into the next request of a keep-alive connection on Node 20.
 */
export class Pins implements PinOwner {
  readonly leases = new Leases();
  /** Called when the last pin on a version has ended. */
  released: () => void = () => undefined;
  /** Who counts how work ends, where somebody does. */
  outcomes: Outcomes | undefined;
  readonly #context = new AsyncLocalStorage<Pin | undefined>();

  constructor(
    private readonly store: SnapshotStore,
    private readonly options: PinsOptions = { afterEnd: 'release', traced: false },
  ) {}

  /** The snapshot that belongs to the running code. Allocates nothing. */
  ambient(): Snapshot {
    return this.#context.getStore()?.snapshot ?? this.store.current;
  }

  /** The pin that the running code is in, over or not. */
  get active(): Pin | undefined {
    return this.#context.getStore();
  }

  /** Takes a pin on `snapshot`, by default the current one. Whoever takes it must end it. */
  take(snapshot: Snapshot = this.store.current, describe: () => string = anonymous, takenAt?: Error): Pin {
    const pin = new Pin(snapshot, this, describe, takenAt);
    this.leases.add(pin);
    return pin;
  }

  /** Runs `fn`, and everything it starts, in the context of `pin`. */
  enter<R>(pin: Pin, fn: () => R): R {
    return this.#context.run(pin, fn);
  }

  /** Runs `fn` outside of any pin: it reads the current snapshot. */
  leave<R>(fn: () => R): R {
    return this.#context.run(undefined, fn);
  }

  /**
   * Runs `fn` pinned to `snapshot` until its work is over: until it returns or, where it gives a promise, a stream of
   * values (Observable) or an async iterator, until that has ended. By default to the ambient one: within a request,
   * that of the request, so that no pinned context changes version (invariant 6).
   */
  runPinned<R>(fn: () => R, snapshot = this.ambient()): R {
    // Not for requests and messages: their stacks show the framework, and cost more than the pin.
    const takenAt = this.options.traced ? new Error('taken') : undefined;
    return this.runIn(this.take(snapshot, anonymous, takenAt), fn);
  }

  /** Runs `fn` in the context of `pin`, which ends with its work, as `runPinned` says. */
  runIn<R>(pin: Pin, fn: () => R): R {
    return this.#run(pin, fn, (outcome) => pin.end(outcome));
  }

  /**
   * Runs what this library calls itself (handlers, factories, checks) pinned to `snapshot`. It is none of the work that
   * the app is there for, so how it ends is not counted.
   */
  runWith<R>(snapshot: Snapshot, fn: () => R): R {
    const pin = this.take(snapshot);
    return this.#run(pin, fn, () => pin.end());
  }

  #run<R>(pin: Pin, fn: () => R, over: (outcome: Outcome) => void): R {
    try {
      // Looking at the result may start the work, as with a query that runs once it is awaited.
      return this.enter(pin, () => whenOver(fn(), over, (step) => this.enter(pin, step)));
    } catch (error) {
      over('failed');
      throw error;
    }
  }

  /** A function that runs what it is given in the context that is active now. */
  bind(): <R>(fn: () => R) => R {
    const pin = this.#context.getStore();
    return (fn) => this.#context.run(pin, fn);
  }

  /** A pin has ended; it calls this itself. */
  ended(pin: Pin, outcome: Outcome): void {
    if (this.options.afterEnd === 'release') pin.release();
    if (this.leases.remove(pin)) this.released();
    this.outcomes?.count(pin.version, outcome, pin.since);
  }
}

function anonymous(): string {
  return 'a pinned function';
}
