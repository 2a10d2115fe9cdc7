import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import type { AppCall } from '../model/app-call.js';
import type { Part } from '../model/part.interface.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Lease } from './lease.interface.js';
import { Leases, type PinsStatusMember } from './leases.js';
import { type Outcome, OutcomeCounters } from './outcome-counters.js';
import { MessagePin } from './message-pin.js';
import { NamedPin, Pin, type PinOwner } from './pin.js';
import { type PinnedRequest, RequestPin } from './request-pin.js';
import { UnpinnedCall } from './unpinned-call.js';
import { onWorkEnd } from './work-end.js';

export interface PinsOptions {
  /**
   * Snapshot for timers and detached promises that a request has left behind: the current one (`release`), or the one
   * that the request was pinned to (`keep`).
   */
  readonly afterEnd: 'release' | 'keep';
  /** `true` to record the stack of each `runPinned` call. */
  readonly traced: boolean;
}

/** Holds the snapshot in force. */
export interface SnapshotStore {
  /** @throws Error before the first commit */
  readonly current: Snapshot;
  /** Without a snapshot before the first commit. */
  readonly inForce: { readonly snapshot?: Snapshot | undefined };
}

/**
 * Selects the snapshot that the running code reads: the pinned one inside a pinned context, otherwise the current one.
 *
 * Each pin is new, never reused from a context that happens to be active, and is entered with `run`: on Node 20,
 * `enterWith` leaks into the next request of a keep-alive connection.
 */
export class Pins implements PinOwner, Part {
  readonly leases = new Leases();
  /** Counts the outcomes of pinned work on the versions that are compared. */
  readonly outcomes = new OutcomeCounters();
  readonly #onVersionReleased: (() => void)[] = [];
  readonly #context = new AsyncLocalStorage<Pin | UnpinnedCall | undefined>();
  readonly #collected = new FinalizationRegistry<() => void>((listener) => listener());

  constructor(
    private readonly store: SnapshotStore,
    private readonly options: PinsOptions = { afterEnd: 'release', traced: false },
  ) {}

  /** Calls `listener` whenever the last pin on a version that is not in force has ended. It must not throw. */
  onVersionReleased(listener: () => void): void {
    this.#onVersionReleased.push(listener);
  }

  status(): PinsStatusMember {
    return { pins: this.leases.status() };
  }

  /** Returns the snapshot that the running code reads. Allocates nothing. */
  ambient(): Snapshot {
    return this.#context.getStore()?.snapshot ?? this.store.current;
  }

  /** The pin of the context that the running code is in; it may have ended. */
  get active(): Pin | undefined {
    const context = this.#context.getStore();
    return context instanceof Pin ? context : undefined;
  }

  /** The call of the app's code that the running code belongs to. */
  get call(): AppCall | undefined {
    return this.#context.getStore()?.call;
  }

  /** `true` for code that ended work has left behind and that keeps the version of that work. */
  get isLeftBehind(): boolean {
    return this.options.afterEnd === 'keep' && this.active?.isHeld === false;
  }

  /** Takes a pin on `snapshot`, by default the current one. The caller must end it. */
  take(snapshot: Snapshot = this.store.current, describe: () => string = anonymous, takenAt?: Error): Pin {
    return new NamedPin(snapshot, this, describe, takenAt, this.call);
  }

  /** Takes a pin for a request of a client. It ends itself when `closed()` has been called and its work has ended. */
  takeForRequest(
    request: PinnedRequest,
    response: ServerResponse,
    snapshot: Snapshot = this.store.current,
  ): RequestPin {
    return new RequestPin(snapshot, this, request, response);
  }

  /** Takes a pin for a message, by default on the current snapshot. The caller must end it. */
  takeForMessage(describe: () => string, snapshot: Snapshot = this.store.current): Pin {
    return new MessagePin(snapshot, this, describe);
  }

  /** Runs `fn`, and everything it starts, in the context of `pin`. */
  enter<R>(pin: Pin, fn: () => R): R {
    return this.#context.run(pin, fn);
  }

  /** Runs `fn` outside of any pin: it reads the current snapshot. It belongs to `call`, by default the one of the caller. */
  leave<R>(fn: () => R, call = this.call): R {
    return this.#context.run(call && new UnpinnedCall(call), fn);
  }

  /**
   * Runs `fn` pinned to `snapshot` until its work has ended: until it returns or, if it returns a promise, an Observable
   * or an async iterator, until that has ended. The default is the ambient snapshot, which is that of the request within
   * a request: no pinned context changes its version (invariant 6).
   */
  runPinned<R>(fn: () => R, snapshot = this.ambient()): R {
    // Not for requests and messages: their stacks show the framework, and cost more than the pin.
    const takenAt = this.options.traced ? new Error('taken') : undefined;
    return this.runToEnd(this.take(snapshot, anonymous, takenAt), fn);
  }

  /** Runs `fn` in the context of `pin`, and ends the pin with the work, as in `runPinned`. */
  runToEnd<R>(pin: Pin, fn: () => R): R {
    return this.#run(pin, fn, (outcome) => pin.end(outcome));
  }

  /**
   * Runs a function that this library calls (handlers, factories, checks) pinned to `snapshot`. It is not a request of
   * the app, so its outcome is not counted.
   */
  runWith<R>(snapshot: Snapshot, fn: () => R): R {
    const pin = this.take(snapshot);
    return this.#run(pin, fn, () => pin.end());
  }

  #run<R>(pin: Pin, fn: () => R, onEnd: (outcome?: Outcome) => void): R {
    try {
      // To inspect the result may start the work, as with a query that runs when it is awaited.
      return this.enter(pin, () =>
        onWorkEnd(fn(), {
          end: onEnd,
          enter: (step) => this.enter(pin, step),
          onCollected: (stream) => this.onCollected(stream, onEnd),
        }),
      );
    } catch (error) {
      onEnd('failed');
      throw error;
    }
  }

  /** Returns a function that runs its argument in the context that is active now. */
  bind(): <R>(fn: () => R) => R {
    const context = this.#context.getStore();
    return (fn) => this.#context.run(context, fn);
  }

  /** Called by each pin when it is taken. */
  began(pin: Pin): Lease {
    return this.leases.add(pin);
  }

  /** Called by each pin at its end. */
  ended(pin: Pin, lease: Lease, outcome: Outcome): void {
    if (this.options.afterEnd === 'release') pin.release();
    // Versions in force are released all the time.
    if (this.leases.remove(lease) && lease.version !== this.store.inForce.snapshot?.version) {
      this.leases.prune();
      for (const listener of this.#onVersionReleased) listener();
    }
    this.outcomes.count(pin.version, outcome, pin.since);
  }

  /**
   * Calls `listener` when `object` has been collected. Returns a function that unregisters it. `listener` must not hold
   * `object`. Costs 1.5 µs (measured on Node 20), so it is not used for each request or promise.
   */
  onCollected(object: object, listener: () => void): () => void {
    const token = {};
    this.#collected.register(object, listener, token);
    return () => this.#collected.unregister(token);
  }
}

function anonymous(): string {
  return 'a pinned function';
}
