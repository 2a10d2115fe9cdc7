import { describe, expect, it } from 'vitest';
import { isExactNumber } from '../../lib/formats/exact-number.js';
import { growth, LINEAR } from '../support/growth.js';

const exact = (text: string) => isExactNumber(text, Number(text));

describe('isExactNumber', () => {
  it.each(['0', '-0', '00', '7', '-8080', '1.50', '0.1', '.5', '5.', '1e3', '1E-7', '0x1F', '0o17', '0b1'])(
    'accepts %s, which a number holds digit by digit',
    (text) => expect(exact(text)).toBe(true),
  );

  it.each([
    '9007199254740991',
    '9007199254740992',
    '100000000000000000000',
    '1.7976931348623157e308',
    '5e-324',
  ])('accepts %s at the edge of what a number holds', (text) => expect(exact(text)).toBe(true));

  it.each([
    '738529527931269425',
    '9007199254740993',
    '-9007199254740993',
    '0x20000000000001',
    '3.141592653589793238',
    '0.30000000000000000001',
    '9007199254740993.0',
    '1e400',
    '1e-400',
    '',
    'abc',
  ])('refuses "%s", which would become another number', (text) => expect(exact(text)).toBe(false));

  it('accepts as many digits as a number is printed with', () => {
    expect(exact('0.30000000000000004')).toBe(true);
    expect(exact(String(Number.MAX_VALUE))).toBe(true);
  });

  it('takes no quadratic time for a long fraction of zeros', async () => {
    const fraction = (zeros: number) => `0.1${'0'.repeat(zeros)}1`;
    expect(await growth(exact, fraction(1_000_000), fraction(4_000_000))).toBeLessThan(LINEAR);
  });
});
