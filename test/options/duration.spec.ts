import { ConfigOptionsError, type Duration } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { durationMs } from '../../lib/options/duration.js';

describe('a duration', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [250, 250],
    [0.5, 0.5],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1.5 hours', 5_400_000],
    ['2 minutes', 120_000],
    ['7d', 604_800_000],
  ])('%j is %d ms', (duration, ms) => {
    expect(durationMs('for', duration)).toBe(ms);
  });

  it('may have space around it', () => {
    expect(durationMs('for', ' 30s ')).toBe(30_000);
  });

  it.each([
    '',
    ' ',
    '30',
    '-1s',
    'soon',
    '30 parsecs',
    '5s; rm -rf /',
    `${'1'.repeat(500)}s`,
    '30d',
    -1,
    Number.NaN,
    Infinity,
    2 ** 31,
    null,
    undefined,
    true,
    {},
    Object.create(null),
    [['30s']],
  ])('is not %o', (value) => {
    const parse = () => durationMs('probation.for', value);

    expect(parse).toThrow(ConfigOptionsError);
    expect(parse).toThrow(
      '"probation.for" must be a number of milliseconds (0 or more) or a string such as \'30s\'',
    );
  });
});
