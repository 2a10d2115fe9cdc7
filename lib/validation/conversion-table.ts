import { isExactNumber } from '../formats/exact-number.js';

/** A type that schema libraries convert to on their own. */
export type ConversionTarget = 'boolean' | 'number' | 'string' | 'bigint' | 'date';

/** A number as people write it: no blanks, no hexadecimal digits, no zeros in front (`0644` is octal elsewhere). */
const FULL_DECIMAL = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

const WHOLE_NUMBER = /^-?(?:0|[1-9]\d*)$/;

const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?$/i;

/**
 * The smallest number that is taken as a date, as milliseconds since 1970: in 1973. A smaller one was meant otherwise:
 * `20260101` is a date, and `1767225600` has seconds; both would become a day in January 1970.
 */
const FIRST_MILLISECONDS = 1e11;

/** Returns what the libraries make of a value; undefined if they cannot convert it. */
export function convert(source: unknown, target: ConversionTarget): unknown {
  try {
    switch (target) {
      case 'boolean':
        return Boolean(source);
      case 'number':
        return Number(source);
      case 'string':
        return String(source);
      case 'bigint':
        return BigInt(source as string);
      case 'date':
        return source instanceof Date ? source : new Date(source as string);
    }
  } catch {
    return undefined;
  }
}

/**
 * Checks whether a value that a library has made says the same as the value of the source. A boolean comes from true and
 * false, a number from a full decimal, a string from the same characters, a date from a date that exists.
 *
 * @param textOf returns the characters of the source's value, for example `4.10`, if they are known
 */
export function isFaithful(source: unknown, made: unknown, textOf: () => string | undefined): boolean {
  if (Object.is(source, made)) return true;
  if (typeof made === 'boolean') return typeof source === 'string' && source.toLowerCase() === String(made);
  if (typeof made === 'number')
    return typeof source === 'string' && FULL_DECIMAL.test(source) && isExactNumber(source, made);
  if (typeof made === 'string') return isScalar(source) && (textOf() ?? String(source)) === made;
  if (typeof made === 'bigint') return isWholeNumber(source) && BigInt(source) === made;
  return made instanceof Date && isDate(source, made);
}

/** Checks for `NaN`, an invalid date, and a value that could not be converted: libraries refuse them. */
export function isMeaningless(made: unknown): boolean {
  return made === undefined || Number.isNaN(made) || (made instanceof Date && Number.isNaN(made.getTime()));
}

function isScalar(source: unknown): source is number | boolean | bigint {
  return typeof source === 'number' || typeof source === 'boolean' || typeof source === 'bigint';
}

function isWholeNumber(source: unknown): source is string | number {
  return typeof source === 'string' ? WHOLE_NUMBER.test(source) : Number.isSafeInteger(source);
}

function isDate(source: unknown, made: Date): boolean {
  if (isMeaningless(made)) return false;
  if (typeof source === 'number') return Number.isSafeInteger(source) && source >= FIRST_MILLISECONDS;
  if (typeof source !== 'string') return source instanceof Date;
  // RFC 2822: `Sat, 31 Jan 2026 09:00:00 GMT`
  if (source === made.toUTCString()) return true;
  const [, year, month, day, hour = '0'] = ISO_DATE.exec(source) ?? [];
  // JavaScript turns February 30 into March 2, and 24:00 into the next day.
  return year !== undefined && Number(hour) < 24 && Number(day) <= daysOf(Number(year), Number(month));
}

/** Day 0 of the next month is the last one of this month. */
function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
