import ms from 'ms';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { describeValue } from '../secrets/describe-value.js';

/**
 * A length of time: a number of milliseconds, or a number with a unit, such as `'250ms'`, `'30s'`, `'15m'`,
 * `'1.5 hours'` or `'7d'`.
 *
 * @publicApi
 */
export type Duration = number | `${number}${DurationUnit}` | `${number} ${DurationUnit}`;

/**
 * The units of a `Duration`.
 *
 * @publicApi
 */
export type DurationUnit =
  | ('ms' | 's' | 'm' | 'h' | 'd' | 'w')
  | ('second' | 'minute' | 'hour' | 'day' | 'week')
  | ('seconds' | 'minutes' | 'hours' | 'days' | 'weeks');

/** Longest delay that setTimeout supports, in ms: a longer one fires at once. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Converts a duration to milliseconds. `name` is the option in an error. The value may come from a command line or a
 * request, so it can be anything.
 *
 * @param longest in ms; default: the longest delay of a timer
 * @throws ConfigOptionsError if it is not a duration, is negative, or is longer than `longest`
 */
export function durationMs(name: string, duration: unknown, longest = LONGEST_DELAY): number {
  const length = typeof duration === 'string' ? parse(duration) : duration;
  if (typeof length === 'number' && length >= 0 && length <= longest) return length;
  throw new ConfigOptionsError(
    `The option "${name}" must be a number of milliseconds (0 or more) or a string such as '30s', '15m' or '2h', ` +
      `and at most ${Math.floor(longest / 86_400_000)} days, but is ${describeValue([], duration)}`,
  );
}

/** `ms()` returns undefined for a string that it cannot read, and throws if that is empty or long. */
function parse(duration: string): number | undefined {
  // A number without a unit is refused: a user who types '30' probably means seconds.
  if (/^\s*[-+.\d]*\s*$/.test(duration)) return undefined;
  try {
    return ms(duration.trim() as ms.StringValue);
  } catch {
    return undefined;
  }
}
