import type { ConfigChangeEvent } from '../model/change.interface.js';

/**
 * A handler's hold on the changes it is told of.
 *
 * @publicApi
 */
export interface Subscription {
  /** No call begins from now on; one that runs may finish. Calling it again does nothing. */
  unsubscribe(): void;
}

/**
 * What is called with a change. A promise it returns is waited for before the next change is delivered.
 *
 * @publicApi
 */
export type ChangeHandler<T = Record<string, unknown>> = (event: ConfigChangeEvent<T>) => unknown;
