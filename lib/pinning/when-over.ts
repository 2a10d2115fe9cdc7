import { finalize, isObservable, Observable, tap } from 'rxjs';
import type { Outcome } from './outcomes.js';

/** Told when the work is over, and how it ended; it may be told again. */
type Over = (outcome: Outcome) => void;

/** Runs a part of some work in the context the work belongs to. */
type Enter = <R>(step: () => R) => R;

/**
 * Calls `over` when the work that `result` stands for has ended: at once for a plain value, when a promise settles, when
 * an Observable that was subscribed to ends, when an async iterator is exhausted or given up. What runs lazily (a
 * subscription, a step of an iterator) is run by `enter`.
 */
export function whenOver<R>(result: R, over: Over, enter: Enter): R {
  if (isObservable(result)) return overObservable(result, over, enter) as R;
  if (isThenable(result)) return overPromise(result, over, enter) as R;
  if (isAsyncGenerator(result)) return overIterator(result, over, enter) as R;
  over('succeeded');
  return result;
}

/** A promise may give a stream in turn, as Nest's message handlers do: the work ends with the last of them. */
function overPromise(promise: PromiseLike<unknown>, over: Over, enter: Enter): PromiseLike<unknown> {
  return promise.then(
    (value) => whenOver(value, over, enter),
    (error) => {
      over('failed');
      throw error;
    },
  );
}

function overObservable(stream: Observable<unknown>, over: Over, enter: Enter): Observable<unknown> {
  return new Observable((subscriber) => {
    let outcome: Outcome; // stays unknown where whoever listens goes away
    const noted = stream.pipe(
      tap({ error: () => (outcome = 'failed'), complete: () => (outcome = 'succeeded') }),
      finalize(() => over(outcome)),
    );
    return enter(() => noted.subscribe(subscriber));
  });
}

function overIterator(iterator: AsyncGenerator, over: Over, enter: Enter): AsyncGenerator {
  const step = async (take: () => Promise<IteratorResult<unknown>>) => {
    try {
      const taken = await enter(take);
      if (taken.done) over('succeeded');
      return taken;
    } catch (error) {
      over('failed');
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
