import { describe, expect, it } from 'vitest';
import { toJsonValue } from '../../lib/util/json-value.js';

describe('A value as JSON', () => {
  it.each<[string, unknown, unknown]>([
    ['a map with string keys is an object', new Map([['a', new Map([['b', 1]])]]), { a: { b: 1 } }],
    [
      'a map with other keys is an array of entries, so that keys that are equal as strings stay apart',
      new Map<unknown, string>([
        [1, 'number'],
        ['1', 'string'],
      ]),
      [
        [1, 'number'],
        ['1', 'string'],
      ],
    ],
    ['a set is an array', new Set([1, 'a']), [1, 'a']],
    ['a date is a string', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes are base64', Buffer.from('abc'), 'YWJj'],
    ['a number that JSON lacks is a string', [Number.NaN, Number.POSITIVE_INFINITY], ['NaN', 'Infinity']],
    [
      'an undefined member is left out, an undefined element is null',
      { a: undefined, b: [undefined] },
      { b: [null] },
    ],
  ])('%s', (_sentence, value, json) => {
    expect(toJsonValue(value)).toEqual(json);
  });
});
