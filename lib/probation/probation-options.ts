import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { checkCount, invalidOption } from '../options/checks.js';
import { type Duration, durationMs } from '../options/duration.js';

/**
 * How a new version has to prove itself before it is trusted. One that fails is rolled back from by itself, to the last
 * version that did prove itself.
 *
 * @example
 * ```ts
 * HotConfigModule.forRoot({
 *   files: ['config/app.yaml'],
 *   probation: {
 *     for: '30s',
 *     healthCheck: async (snapshot, signal) => {
 *       const answer = await fetch(snapshot.value.llm.url, { signal });
 *       if (!answer.ok) throw new Error(`the model answers ${answer.status}`);
 *     },
 *   },
 * })
 * ```
 *
 * @publicApi
 */
export interface ProbationOptions<T = Record<string, unknown>> {
  /** How long a new version is on probation, in ms or as `'30s'`. */
  readonly for: Duration;

  /**
   * Says whether the app is well with this version, by returning; throwing, rejecting, answering `false` or nothing in
   * time says that it is not. It runs pinned to the version, again and again, and not again before it has answered or
   * its time is over. The signal is aborted when nobody waits for the answer any more.
   */
  healthCheck?(snapshot: ConfigSnapshot<T>, signal: AbortSignal): unknown;

  /** How long to wait before the first check, and after each. Default 1 s. */
  readonly interval?: Duration;

  /** How long a check may take. Default 5 s. */
  readonly timeout?: Duration;

  /** How many checks in a row must fail. Default 1. */
  readonly failures?: number;

  /**
   * By how much the part of requests that fail may exceed that of the last proven version: with 0.1, a version on which
   * 15 % fail is kept where 5 % did before, and not where 4 % did. 1 never fails a version. Default 0.1.
   *
   * All that is pinned counts: HTTP requests (a status from 500 on, or an answer that broke off with an error, is a
   * failure), messages, `runPinned()` and `@PinConfig()` (what throws or rejects). A client that went away counts for
   * nothing.
   */
  readonly maxErrorRate?: number;

  /**
   * How many requests must have ended on the new version before their errors say something. Of fewer on the last proven
   * one, errors count as if there had been as many. Default 10.
   */
  readonly minRequests?: number;
}

/** The options of a probation, checked, with their defaults, and in ms. */
export interface ProbationRules {
  readonly for: number;
  readonly healthCheck: ((snapshot: ConfigSnapshot, signal: AbortSignal) => unknown) | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly failures: number;
  readonly maxErrorRate: number;
  readonly minRequests: number;
}

/** @throws ConfigOptionsError where an option makes no sense */
export function probationRules(options: ProbationOptions): ProbationRules {
  const period = durationMs('probation.for', options.for);
  return {
    for: period,
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
  throw invalidOption(name, 'a rate from 0 to 1', rate);
}
