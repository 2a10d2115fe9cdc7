import ms from 'ms';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { describeValue } from '../secrets/secret-names.js';
import { LONGEST_DELAY } from './check-option.js';

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

/**
 * The milliseconds of a duration; `name` is the option it was given as. It may come from a person at a command line or
 * from a request, so nothing about it is taken for granted.
 *
 * @param longest In ms; by default what a timer can wait.
 * @throws ConfigOptionsError where it is none, is negative, or is longer than that
 */
export function durationMs(name: string, duration: unknown, longest = LONGEST_DELAY): number {
  const length = typeof duration === 'string' ? parse(duration) : duration;
  if (typeof length === 'number' && length >= 0 && length <= longest) return length;
  throw new ConfigOptionsError(
    `The option "${name}" must be milliseconds from 0, or a time such as '30s', '15m' or '2h', ` +
      `of at most ${Math.floor(longest / 86_400_000)} days, but is ${describeValue([], duration)}`,
  );
}

/** What the library cannot read it answers with undefined, or by throwing where it is empty or long. */
function parse(text: string): number | undefined {
  // A number alone does not tell its unit: somebody who types '30' may well mean seconds.
  if (/^\s*[-+.\d]*\s*$/.test(text)) return undefined;
  try {
    return ms(text.trim() as ms.StringValue);
  } catch {
    return undefined;
  }
}
