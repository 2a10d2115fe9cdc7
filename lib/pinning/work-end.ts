import { finalize, isObservable, Observable, tap } from 'rxjs';
import type { Outcome } from './outcome-counters.js';

/** Called when the work has ended; may be called again. */
type OnEnd = (outcome: Outcome) => void;

/** Runs a part of the work in the context that it belongs to. */
type Enter = <R>(step: () => R) => R;

/**
 * Calls `onEnd` when the work behind `result` has ended: at once for a plain value, when a promise settles, when a
 * subscription to an Observable ends, when an async iterator is exhausted or abandoned. `enter` runs what is executed
 * lazily: a subscription, a step of an iterator.
 */
export function onWorkEnd<R>(result: R, onEnd: OnEnd, enter: Enter): R {
  if (isObservable(result)) return onObservableEnd(result, onEnd, enter) as R;
  if (isThenable(result)) return onPromiseEnd(result, onEnd, enter) as R;
  if (isAsyncGenerator(result)) return onIteratorEnd(result, onEnd, enter) as R;
  onEnd('succeeded');
  return result;
}

/** A promise may resolve with a stream, as in Nest's message handlers: the work ends with that stream then. */
function onPromiseEnd(promise: PromiseLike<unknown>, onEnd: OnEnd, enter: Enter): PromiseLike<unknown> {
  return promise.then(
    (value) => onWorkEnd(value, onEnd, enter),
    (error) => {
      onEnd('failed');
      throw error;
    },
  );
}

function onObservableEnd(stream: Observable<unknown>, onEnd: OnEnd, enter: Enter): Observable<unknown> {
  return new Observable((subscriber) => {
    let outcome: Outcome; // stays undefined if the subscriber unsubscribes
    const noted = stream.pipe(
      tap({ error: () => (outcome = 'failed'), complete: () => (outcome = 'succeeded') }),
      finalize(() => onEnd(outcome)),
    );
    return enter(() => noted.subscribe(subscriber));
  });
}

function onIteratorEnd(iterator: AsyncGenerator, onEnd: OnEnd, enter: Enter): AsyncGenerator {
  const step = async (take: () => Promise<IteratorResult<unknown>>) => {
    try {
      const taken = await enter(take);
      if (taken.done) onEnd('succeeded');
      return taken;
    } catch (error) {
      onEnd('failed');
      throw error;
    }
  };
  const pinned: AsyncGenerator = {
    next: (value) => step(() => iterator.next(value)),
    return: (value) => step(() => iterator.return(value)),
    throw: (error) => step(() => iterator.throw(error)),
    [Symbol.asyncIterator]: () => pinned,
  };
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
