import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceMarked, SecretFinder } from '../../lib/secrets/secret-finder.js';

function finderOf(...texts: readonly string[]): SecretFinder {
  const finder = new SecretFinder();
  for (const text of texts) finder.add(text, false);
  return finder;
}

const replaced = (finder: SecretFinder, text: string) => {
  const marks = finder.find(text);
  return marks === undefined ? text : replaceMarked(text, marks, '#');
};

describe('The secret finder', () => {
  it.each([
    ['one abcd two', 'one # two'],
    ['abcd', '#'],
    ['abcdabcd', '#'],
    ['abcdefgh', '#gh'],
    ['xcdefx', 'x#x'],
    ['ab cd', 'ab cd'],
    ['', ''],
    ['a', 'a'],
  ])('finds whole secrets, and both if two overlap: %s', (text, shown) => {
    expect(replaced(finderOf('abcd', 'cdef'), text)).toBe(shown);
  });

  it('finds the longest of several secrets that begin with the same characters', () => {
    expect(replaced(finderOf('abc', 'abcdef', 'abcd'), 'abcdef abcde')).toBe('# #e');
  });

  it('finds a word only as a whole word', () => {
    const finder = new SecretFinder();
    finder.add('1234', true);
    expect(replaced(finder, '1234 12345 x1234 (1234) é1234 1234.5')).toBe('# 12345 x1234 (#) é1234 #.5');
  });

  it('finds a word after an escape, and not as the scheme of a URL', () => {
    const finder = new SecretFinder();
    finder.add('postgres', true);
    const text = String.raw`a\npostgres %3Dpostgres \u000apostgres postgres://postgres@h npostgres`;
    const shown = String.raw`a\n# %3D# \u000a# postgres://#@h npostgres`;
    expect(replaced(finder, text)).toBe(shown);
  });

  it('leaves a word readable that is a part of a path, a host or the name of a file', () => {
    const finder = new SecretFinder();
    finder.add('postgres', true);
    finder.add('hunter2', true);
    expect(replaced(finder, 'ann.hunter2')).toBe('ann.#');
    const text =
      'postgres.pool.max of src/postgres.module.ts at db.postgres: "postgres", postgres. Or postgres...';
    const shown = 'postgres.pool.max of src/postgres.module.ts at db.postgres: "#", #. Or #...';
    expect(replaced(finder, text)).toBe(shown);
  });

  it('removes every secret from every string, and nothing else', () => {
    const word = fc.string({
      minLength: 2,
      maxLength: 6,
      unit: fc.constantFrom('a', 'b', 'é', '\u{1f511}', '-'),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), fc.array(word), (secrets, words) => {
        const text = words.join(' ');
        const marks = finderOf(...secrets).find(text);
        const hidden = new Set<number>();
        for (const secret of secrets)
          for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
            for (let index = at; index < at + secret.length; index += 1) hidden.add(index);
        expect([...(marks ?? [])].flatMap((mark, index) => (mark === 1 ? index : []))).toEqual(
          [...hidden].toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
