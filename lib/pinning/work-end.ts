import { finalize, isObservable, Observable, Subject, takeUntil, tap } from 'rxjs';
import type { Outcome } from './outcome-counters.js';

/** The work whose end is awaited. */
interface Work {
  /** Called when the work has ended, without an outcome if that is not known; may be called again. */
  readonly end: (outcome?: Outcome) => void;
  /** Runs a part of the work in the context that it belongs to. */
  readonly enter: <R>(step: () => R) => R;
  /** Ends the work when this stream is collected. Returns a function that cancels this. */
  readonly onCollected: (stream: object) => () => void;
}

/**
 * Ends `work` when what is behind `result` has ended: at once for a plain value, when a promise settles, when a
 * subscription to an Observable ends, when an async iterator is exhausted or abandoned. What is executed lazily (a
 * subscription, a step of an iterator) runs in the context of the work. A stream that nothing reads ends it when it is
 * collected.
 */
export function onWorkEnd<R>(result: R, work: Work): R {
  if (isObservable(result)) return onObservableEnd(result, work) as R;
  if (isThenable(result)) return onPromiseEnd(result, work) as R;
  if (isAsyncGenerator(result)) return onIteratorEnd(result, work) as R;
  work.end('succeeded');
  return result;
}

/** A promise may resolve with a stream, as in Nest's message handlers: the work ends with that stream then. */
function onPromiseEnd(promise: PromiseLike<unknown>, work: Work): PromiseLike<unknown> {
  return promise.then(
    (value) => onWorkEnd(value, work),
    (error) => {
      work.end('failed');
      throw error;
    },
  );
}

function onObservableEnd(stream: Observable<unknown>, work: Work): Observable<unknown> {
  const pinned = new Observable((subscriber) => {
    cancel(); // a subscription can outlive the Observable
    if (subscriber.closed) return work.end();
    let outcome: Outcome; // stays undefined if the subscriber unsubscribes
    const unsubscribed = new Subject<void>();
    // What ends the stream runs in the context too, not in that of the connection of a client that disconnects.
    subscriber.add(() => work.enter(() => unsubscribed.next()));
    const noted = stream.pipe(
      tap({ error: () => (outcome = 'failed'), complete: () => (outcome = 'succeeded') }),
      finalize(() => work.end(outcome)),
      takeUntil(unsubscribed),
    );
    // Not `subscribe(subscriber)`: its end would end the stream, in the context of the caller.
    work.enter(() =>
      noted.subscribe({
        next: (value) => subscriber.next(value),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  });
  const cancel = work.onCollected(pinned);
  return pinned;
}

function onIteratorEnd(iterator: AsyncGenerator, work: Work): AsyncGenerator {
  // A step that runs holds `pinned`, through the closures of this function.
  const step = async (take: () => Promise<IteratorResult<unknown>>) => {
    try {
      const taken = await work.enter(take);
      if (taken.done) work.end('succeeded');
      return taken;
    } catch (error) {
      work.end('failed');
      throw error;
    }
  };
  const pinned: AsyncGenerator = {
    next: (value) => step(() => iterator.next(value)),
    return: (value) => step(() => iterator.return(value)),
    throw: (error) => step(() => iterator.throw(error)),
    [Symbol.asyncIterator]: () => pinned,
  };
  work.onCollected(pinned);
  return pinned;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.asyncIterator in value &&
    'next' in value &&
    'return' in value
  );
}
