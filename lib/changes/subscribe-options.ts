import type { ConfigChangeEvent } from '../model/change.interface.js';
import { count, custom, delay, string } from '../options/checks.js';
import { LONGEST_DELAY } from '../options/duration.js';
import { strictObject } from '../options/strict-object.js';

/** Returned by `subscribe()`, to end the subscription. */
export interface Subscription {
  /** Prevents further calls; one that runs may finish. Calling it again does nothing. */
  unsubscribe(): void;
}

/**
 * Called with each change. If it returns a promise, the next change is delivered after that has settled.
 *
 * @publicApi
 */
export type ChangeHandler<T = Record<string, unknown>> = (event: ConfigChangeEvent<T>) => unknown;

/**
 * Options of a change handler.
 *
 * @publicApi
 */
export interface SubscribeOptions {
  /**
   * Handlers of a higher priority are called first. Lower ones see a version only after the calls of the higher ones
   * have ended. Handlers of one priority run concurrently.
   *
   * @default 0
   */
  readonly priority?: number;
  /**
   * Timeout of one call, in ms. When it is over, `event.signal` is aborted, the timeout is logged, and the next change
   * is delivered even if the call never returns.
   *
   * @default 30_000
   */
  readonly timeout?: number;
  /**
   * Number of retries of a call that failed or timed out. Newer content replaces a retry, and starts with the full
   * number.
   *
   * @default 0
   */
  readonly retries?: number;
  /**
   * Delay before the first retry, in ms. It doubles with each further one, up to 30 seconds.
   *
   * @default 100
   */
  readonly retryDelay?: number;
  /**
   * Time without a matching change before the handler is called, in ms: several commits become one event. 0 calls it
   * for each commit.
   *
   * @default 0
   */
  readonly debounce?: number;
  /**
   * Number of matching commits after which the handler is called even if `debounce` is not over.
   *
   * @default Infinity
   */
  readonly maxBatch?: number;
}

/** Accepts the timeout of a call. */
export const timeout = custom(
  'a number of milliseconds above 0',
  (value) => typeof value === 'number' && value > 0 && value <= LONGEST_DELAY,
);

const checkOptions = strictObject<SubscribeOptions & { label: string }>({
  priority: custom('a number', Number.isFinite),
  timeout,
  retries: custom('an integer of at least 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0),
  retryDelay: delay,
  debounce: delay,
  maxBatch: count,
  label: string,
});

/**
 * Returns the options with their defaults.
 *
 * @throws ConfigOptionsError if an option is invalid; the error names it
 */
export function resolveSubscribeOptions(options: SubscribeOptions = {}): Required<SubscribeOptions> {
  checkOptions(options, '', '');
  return {
    priority: options.priority ?? 0,
    timeout: options.timeout ?? 30_000,
    retries: options.retries ?? 0,
    retryDelay: options.retryDelay ?? 100,
    debounce: options.debounce ?? 0,
    maxBatch: options.maxBatch ?? Infinity,
  };
}
