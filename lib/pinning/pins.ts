import { AsyncLocalStorage } from 'node:async_hooks';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SnapshotStore } from '../snapshot/snapshot.store.js';
import { Pin } from './pin.js';

/**
 * Which snapshot the running code reads: the pinned one inside a pinned context, the current one elsewhere.
 *
 * Pins are always taken fresh, never reused from a context that happens to be active, and always entered with `run`:
 * `enterWith` leaks into the next request of a keep-alive connection on Node 20.
 */
export class Pins<T = Record<string, unknown>> {
  readonly #context = new AsyncLocalStorage<Pin<T> | undefined>();

  constructor(private readonly store: SnapshotStore<T>) {}

  /** The snapshot that belongs to the running code. Allocates nothing. */
  ambient(): Snapshot<T> {
    return this.#context.getStore()?.snapshot ?? this.store.current;
  }

  /** Takes a pin on `snapshot`, by default the current one. Whoever takes it must end it. */
  take(snapshot: Snapshot<T> = this.store.current): Pin<T> {
    return new Pin(snapshot);
  }

  /** Runs `fn`, and everything it starts, in the context of `pin`. */
  enter<R>(pin: Pin<T>, fn: () => R): R {
    return this.#context.run(pin, fn);
  }

  /** Runs `fn` outside of any pin: it reads the current snapshot. */
  leave<R>(fn: () => R): R {
    return this.#context.run(undefined, fn);
  }

  /** Runs `fn` pinned to `snapshot` until it returns or, where it is async, until its promise settles. */
  runPinned<R>(fn: () => R, snapshot?: Snapshot<T>): R {
    const pin = this.take(snapshot);
    let result: R;
    try {
      result = this.enter(pin, fn);
    } catch (error) {
      pin.end();
      throw error;
    }
    if (!isThenable(result)) {
      pin.end();
      return result;
    }
    const end = () => pin.end();
    result.then(end, end);
    return result;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
