import { describe, expect, it } from 'vitest';
import type { ParsedText } from '../../lib/formats/config-format.interface.js';
import { dotenvFormat } from '../../lib/formats/dotenv.format.js';
import { parseContext } from '../support/parse-context.js';

const parse = (text: string) => dotenvFormat.parse(text, parseContext('.env')) as ParsedText;

const TEXT = `# comment
A=1
export B = "x
C=not a key" # c
 D: 'a#b'
E=
A=2
`;

describe('dotenvFormat', () => {
  it('parses like dotenv; keys stay unchanged, and values are strings', () => {
    expect(parse(TEXT).value).toEqual({ A: '2', B: 'x\nC=not a key', D: 'a#b', E: '' });
  });

  it.each([
    ['A', 7, 1, 3],
    ['B', 3, 8, 12],
    ['D', 5, 2, 5],
    ['E', 6, 1, 3],
  ])('returns the position of the last assignment of %s', (key, line, keyColumn, column) => {
    const { locate } = parse(TEXT);
    expect(locate?.([key], 'key')).toEqual({ line, column: keyColumn });
    expect(locate?.([key])).toEqual({ line, column });
  });

  it('parses many blank lines in linear time, and keeps those that are part of a value', () => {
    const blank = ' \n\t\r\n'.repeat(200_000);
    const text = `A=1\n${blank}# comment\n${blank}B="x${'\n'.repeat(300)}y"\n${blank}C=\n'z'${blank}!`;
    const { value, locate } = parse(text);
    expect(value).toEqual({ A: '1', B: `x${'\n'.repeat(300)}y`, C: 'z' });
    expect(locate?.(['B'])).toEqual({ line: 800_003, column: 3 });
  });

  it('returns no position for a key that does not exist or is part of a value', () => {
    expect(parse(TEXT).locate?.(['C'])).toBeUndefined();
  });

  it.each(['', '\n', '# A=1\n'])('returns no value for %j', (text) => {
    expect(parse(text).value).toBeUndefined();
  });

  it('rejects the key __proto__, which dotenv silently drops', () => {
    expect(() => parse('A=1\n__proto__=2')).toThrow('has the key "__proto__", which is not allowed');
  });
});
