import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { checkCount, invalidOption } from '../options/checks.js';
import { type Duration, durationMs } from '../options/duration.js';

/**
 * Rules for a version on probation. A version that breaks them is rolled back automatically, to the last version that
 * passed.
 *
 * @example
 * ```ts
 * HotConfigModule.forRoot({
 *   files: ['config/app.yaml'],
 *   probation: {
 *     for: '30s',
 *     healthCheck: async (snapshot, signal) => {
 *       const response = await fetch(snapshot.value.llm.url, { signal });
 *       if (!response.ok) throw new Error(`the model responds with ${response.status}`);
 *     },
 *   },
 * })
 * ```
 *
 * @publicApi
 */
export interface ProbationOptions<T = Record<string, unknown>> {
  /** Duration of a probation, in ms or as `'30s'`. */
  readonly for: Duration;

  /**
   * Checks that the app works with this version. The check fails if it throws, rejects, returns `false` or takes longer
   * than `timeout`. It runs again and again, one run at a time, pinned to the version. The signal is aborted when the result
   * is no longer needed.
   */
  healthCheck?(snapshot: ConfigSnapshot<T>, signal: AbortSignal): unknown;

  /** Delay before the first check and after each check. Default 1 s. */
  readonly interval?: Duration;

  /** Timeout of one check. Default 5 s. */
  readonly timeout?: Duration;

  /** Number of checks in a row that must fail before the version is rolled back. Default 1. */
  readonly failures?: number;

  /**
   * Maximum increase of the error rate, compared with the last version that passed. Example with 0.1: a version with 15 %
   * of errors passes if there were 5 % before, and fails if there were 4 %. With 1, no version fails. Default 0.1.
   *
   * All pinned work counts. HTTP requests: an error is a status of 500 or above, or a response that broke off. Messages,
   * `runPinned()` and `@PinConfig()`: an error is a throw or a rejected promise. Requests of clients that disconnected are
   * not counted.
   */
  readonly maxErrorRate?: number;

  /**
   * Number of requests that must have ended on the new version before its error rate is judged. If fewer requests have
   * ended on the version before, the errors of that version are divided by this number. Default 10.
   */
  readonly minRequests?: number;
}

/** The options of a probation with defaults; times in ms. */
export interface ProbationRules {
  readonly for: number;
  readonly healthCheck: ((snapshot: ConfigSnapshot, signal: AbortSignal) => unknown) | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly failures: number;
  readonly maxErrorRate: number;
  readonly minRequests: number;
}

/** @throws ConfigOptionsError if an option is not valid */
export function probationRules(options: ProbationOptions): ProbationRules {
  return {
    for: durationMs('probation.for', options.for),
    healthCheck: options.healthCheck?.bind(options),
    interval: durationMs('probation.interval', options.interval ?? 1_000),
    timeout: durationMs('probation.timeout', options.timeout ?? 5_000),
    failures: checkCount('probation.failures', options.failures ?? 1),
    maxErrorRate: checkRate('probation.maxErrorRate', options.maxErrorRate ?? 0.1),
    minRequests: checkCount('probation.minRequests', options.minRequests ?? 10),
  };
}

function checkRate(name: string, rate: number): number {
  if (typeof rate === 'number' && rate >= 0 && rate <= 1) return rate;
  throw invalidOption(name, 'a number from 0 to 1', rate);
}
