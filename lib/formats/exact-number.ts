/** A decimal number: sign, digits, fraction, exponent. */
const DECIMAL = /^[+-]?(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/**
 * Checks whether `number` is the number that a text stands for, digit by digit: a chat id of 18 digits is not, because a
 * number has 53 bits, and neither is `0.12345678901234567890`. Integers are compared exactly. A fraction is exact if the
 * number is written with the same digits, as `0.1` is.
 *
 * @param text a decimal number (`1_000` without its underscores), or an integer such as `0x1F`, `0o17`, `0b1`
 */
export function isExactNumber(text: string, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  const written = String(number);
  // Most fractions are written as JavaScript prints them. Large integers are printed with zeros for digits that are not.
  if (text === written && !Number.isInteger(number)) return true;
  const unsigned = text.replace(/^[+-]/, '');
  if (/^(?:\d+|0[xob][\da-f]+)$/i.test(unsigned))
    return Number.isSafeInteger(number) || BigInt(unsigned) === BigInt(Math.abs(number));
  return decimalOf(text) === decimalOf(written);
}

/** Returns the digits of a number without zeros around them, and the exponent of the last one. */
function decimalOf(text: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  // Not `/0+$/`, which takes quadratic time.
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return whole + fraction === '' ? undefined : '0';
  return `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
