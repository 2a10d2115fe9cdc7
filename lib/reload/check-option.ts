import { ConfigOptionsError } from '../errors/config.errors.js';

/** The longest wait that setTimeout knows, in ms: anything above fires at once, and again and again. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** @throws ConfigOptionsError where an option is no time in ms that a timer can wait for. */
export function checkDelay(name: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= LONGEST_DELAY) return ms;
  throw new ConfigOptionsError(`The option "${name}" must be milliseconds from 0, but is ${String(ms)}`);
}

/** @throws ConfigOptionsError where an option is no count of at least 1. Infinity is one. */
export function checkCount(name: string, count: number): number {
  if (count === Infinity || (Number.isSafeInteger(count) && count >= 1)) return count;
  throw new ConfigOptionsError(`The option "${name}" must be a count from 1, but is ${String(count)}`);
}
