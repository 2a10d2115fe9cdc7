import type { ConfigChangeEvent } from '../model/change.interface.js';

/**
 * Returned by `subscribe()`, to end the subscription.
 *
 * @publicApi
 */
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
