import { setTimeout as delay } from 'node:timers/promises';

/** The longest pause after the first failure, in ms; doubled by each further failure. */
const FIRST_PAUSE = 1_000;

/**
 * Returns a pause before the next try, in ms: random up to twice the one before ("full jitter"), so that all who have lost a
 * server do not return to it at the same moment.
 *
 * @param failures in a row, at least 1
 * @param longest in ms
 */
export function pauseAfter(failures: number, longest: number): number {
  return Math.random() * Math.min(longest, FIRST_PAUSE * 2 ** Math.min(failures - 1, 31));
}

/** Returns the time to the next of regular looks, in ms: never longer than `interval`, and another one for each process. */
export function nextLook(interval: number): number {
  return interval * (0.5 + Math.random() / 2);
}

/** The longest pause before a connection that was lost is made again, in ms. */
export const LONGEST_PAUSE = 10_000;

/** Waits until the signal is aborted, at most for `ms`. It does not keep the process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Rejects only if the signal is aborted.
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
