import { duration, literalOr } from '../options/checks.js';
import { durationMs } from '../options/duration.js';
import type { RefreshableRules } from './refreshable.interface.js';

/** Timeout for disposing of an instance, in ms. */
export const DISPOSE_TIMEOUT = 30_000;

type Timeouts = Pick<RefreshableRules<unknown>, 'drainTimeout' | 'buildTimeout'>;

/** Checks for the options of a component that are times. */
export const timeoutChecks = {
  drainTimeout: literalOr([Infinity], duration),
  buildTimeout: duration,
} as const;

/**
 * Returns the drain timeout in ms. The default is longer than the answer of a language model takes, but it is finite:
 * a stream that lasts for days would keep one pool for each version.
 *
 * @throws ConfigOptionsError if it is neither a duration nor `Infinity`
 */
export function drainTimeoutMs({ drainTimeout = '5m' }: Timeouts): number {
  return drainTimeout === Infinity ? Infinity : durationMs('drainTimeout', drainTimeout);
}

/** @throws ConfigOptionsError if it is not a duration */
export function buildTimeoutMs({ buildTimeout = '30s' }: Timeouts): number {
  return durationMs('buildTimeout', buildTimeout);
}
