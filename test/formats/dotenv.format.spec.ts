import { parse as dotenvParse } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDotenvLines } from '../../lib/formats/dotenv-lines.js';
import { findDotenvProblems } from '../../lib/formats/dotenv-problems.js';
import type { ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { dotenvFormat, lenientDotenvFormat } from '../../lib/formats/dotenv.format.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { growth, LINEAR } from '../support/growth.js';
import { parseContext } from '../support/parse-context.js';
import { runs } from '../support/storm-run.js';

const parse = (text: string) => dotenvFormat.parse(text, parseContext('.env')) as ParsedText;

/** The problems of a text that is refused, each with its place: `2:1 the key …`. */
function refusalOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FormatError) return placed(error.problems);
    throw error;
  }
  return [];
}

const warningsOf = (text: string) => placed(parse(text).warnings ?? []);

const placed = (problems: readonly TextProblem[]) =>
  problems.map(({ message, position }) => `${position?.line}:${position?.column} ${message}`);

const TEXT = `# comment
A=1
export B = "x
C=not a key" # c
 D: 'a#b'
E=
F=2
`;

describe('dotenvFormat', () => {
  it('parses like dotenv; keys stay unchanged, and values are strings', () => {
    expect(parse(TEXT).value).toEqual({ A: '1', B: 'x\nC=not a key', D: 'a#b', E: '', F: '2' });
  });

  it.each([
    ['A', 2, 1, 3],
    ['B', 3, 8, 12],
    ['D', 5, 2, 5],
    ['E', 6, 1, 3],
    ['F', 7, 1, 3],
  ])('returns the position of the assignment of %s', (key, line, keyColumn, column) => {
    const { locate } = parse(TEXT);
    expect(locate?.([key], 'key')).toEqual({ line, column: keyColumn });
    expect(locate?.([key])).toEqual({ line, column });
  });

  it('parses many blank lines in linear time, and keeps those that are part of a value', () => {
    const blank = ' \n\t\r\n'.repeat(200_000);
    const text = `A=1\n${blank}# comment\n${blank}B="x${'\n'.repeat(300)}y"\n${blank}C=\n'z'${blank}`;
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

const DUPLICATE = 'the key "A" appears a second time here (first on line 1); remove one of them';
const NOTHING =
  'this line assigns nothing; write NAME=value, or put a "#" before it if it is a comment; a value of several lines needs quotes around it';
const NO_NAME = 'this line is not read: a name has only letters, digits, "_", "." and "-"';
const UNCLOSED = 'the quote that opens here is never closed';
const GOES_ON = 'the value goes on after its closing quote';

describe('An env file is refused', () => {
  it.each([
    ['A=1\nB=2\nA=1\n', [`3:1 ${DUPLICATE}`]],
    ['export A=1\n A=2\n', [`2:2 ${DUPLICATE}`]],
    ['A=1\r\nexport A: 2\r\n', [`2:8 ${DUPLICATE}`]],
    ['A="x\ny"\nA=2\nA=3', [`3:1 ${DUPLICATE}`, `4:1 ${DUPLICATE}`]],
  ])('for a name that is assigned twice: %j', (text, expected) => {
    expect(refusalOf(text)).toEqual(expected);
  });

  it.each([
    ['A=1\nword\n', '2:1', NOTHING],
    ['  A 1', '1:3', NOTHING],
    ['A:1', '1:1', NOTHING],
    ['A:\nB=2', '1:1', NOTHING],
    ['A : 1', '1:1', NOTHING],
    ['export A', '1:1', NOTHING],
    ['export\nA=1', '1:1', NOTHING],
    ['{"A": 1}', '1:1', NOTHING],
    ['"quoted"=2', '1:1', NOTHING],
    ['A\n=1', '1:1', 'this line (and 1 more after it) assigns nothing'],
    ['KEY=-----BEGIN\na/b\nc/d\n', '2:1', 'this line (and 1 more after it) assigns nothing'],
    ['=1', '1:1', 'this line has no name before its "="'],
    ['my key=1', '1:1', NO_NAME],
    ['B=1\nkä=1', '2:1', NO_NAME],
    ['\u200bA=1', '1:1', 'this line is not read: it has U+200B (zero-width space) before its value'],
    ['A+=1', '1:1', NO_NAME],
    ['A[0]=1', '1:1', NO_NAME],
    ['$env:A = 1', '1:1', NO_NAME],
    ['<<<<<<< HEAD\nA=1\n', '1:1', 'this line is left over from a merge; finish the merge, then save'],
    ['A=1\n>>>>>>> topic\n', '2:1', 'this line is left over from a merge'],
    ['A=1\n=======\n', '2:1', 'this line is left over from a merge'],
  ])('for a line that assigns nothing: %j', (text, place, message) => {
    expect(refusalOf(text)).toEqual([expect.stringContaining(`${place} ${message}`)]);
  });

  it.each([
    ['A="x', '1:3'],
    ['A="', '1:3'],
    ["B=1\nA = 'tis", '2:5'],
    ['A="x\nB=1\n', '1:3'],
    ['A="x\nB="y"\n', '1:3'],
    ['A="x\nB=""\n', '1:3'],
    ['A="x\nCOLOR="#fff"\n', '1:3'],
    ['A="x\nB=1\nexport C="\nD=1', '1:3'],
    ['A=`x\r\nC=`\r\n', '1:3'],
  ])('for a quote that is not closed: %j', (text, place) => {
    expect(refusalOf(text)[0]).toContain(`${place} ${UNCLOSED}`);
  });

  it.each([
    ['A="x" y', '1:6'],
    ['A="x" y # z', '1:6'],
    ["A='x'y", '1:6'],
    ['A="x" "y"', '1:6'],
    ['A="{"a": "#fff"}"', '1:6'],
  ])('for text after a closing quote: %j', (text, place) => {
    expect(refusalOf(text)).toEqual([expect.stringContaining(`${place} ${GOES_ON}`)]);
  });

  it('if dotenv reads a line in another way than it looks, whatever the reason', () => {
    expect(refusalOf('# a\u2028A=1')).toEqual([expect.stringContaining('dotenv reads A from a line that')]);
  });

  it('with all problems, in the order of the file, and no part of a value', () => {
    const text = 'TOKEN="canary1\nPEM=x\ncanary2/\nPEM=canary3\ncanary4 =x\n';
    expect(refusalOf(text).map((problem) => problem.split(' ')[0])).toEqual(['1:7', '3:1', '4:1']);
    expect(refusalOf(text).join()).not.toContain('canary');
  });
});

describe('An env file is read with a warning', () => {
  const COMMENT = 'everything from the "#" on is a comment';
  const ASSIGNMENT = 'looks like an assignment';
  it.each([
    ['PASSWORD=abc#def', 'abc', '1:13', COMMENT],
    ['COLOR=#fff', '', '1:7', COMMENT],
    ['A={"c": "#fff"}', '{"c": "', '1:10', COMMENT],
    ['A={"c": "a #b"}', '{"c": "a', '1:12', COMMENT],
    ['A="x\nB=1\nC=2"', 'x\nB=1\nC=2', '1:3', ASSIGNMENT],
    ['A="x\nb="', 'x\nb=', '1:3', ASSIGNMENT],
    ['A="C:\\new"', 'C:\new', '1:3', 'line breaks'],
    ['A="a\\\\n"', 'a\\\n', '1:3', 'line breaks'],
    ['A="say \\"hi\\""', 'say \\"hi\\"', '1:3', 'the backslash before a quote stays'],
  ])('%j', (text, value, place, message) => {
    expect(Object.values(parse(text).value as object)).toEqual([value]);
    expect(warningsOf(text)).toEqual([expect.stringMatching(`^${place} .*${message}`)]);
  });
});

describe('An env file is read without a word', () => {
  const base64 = `${'Ab0/'.repeat(16)}\n`;
  it.each([
    ['A=x # y#z', 'x'],
    ['A= # y', ''],
    ["A='x#y' # z", 'x#y'],
    ['A="{"a": "b"}"', '{"a": "b"}'],
    ['A={"a": "b"}', '{"a": "b"}'],
    ["A=don't", "don't"],
    ['A="C:\\dir\\"', 'C:\\dir\\'],
    [`A="${base64}AAE="`, `${base64}AAE=`],
    [`A="${base64}AAEB==\n-----END"`, `${base64}AAEB==\n-----END`],
    ['A="a\r\nb"\r\n', 'a\nb'],
    ['A=x\r', 'x'],
    ['A=\n"x"\n', 'x'],
    ['A="a\\nb"', 'a\nb'],
    ['\t export  A.b-C  =  x', 'x'],
  ])('%j', (text, value) => {
    expect(Object.values(parse(text).value as object)).toEqual([value]);
    expect(warningsOf(text)).toEqual([]);
  });
});

describe('The env file of an app for @nestjs/config', () => {
  it('is read as by dotenv, and each problem is a warning', () => {
    const text = 'A=1\nA=2\nword\nB="x" y\nC=a#b\n';
    const { value, warnings } = lenientDotenvFormat.parse(text, parseContext('.env')) as ParsedText;
    expect(value).toEqual({ A: '2', B: '"x" y', C: 'a' });
    expect(placed(warnings ?? []).map((problem) => problem.split(' ')[0])).toEqual([
      '2:1',
      '3:1',
      '4:6',
      '5:4',
    ]);
  });

  it('is read as by dotenv, whatever it contains', () => {
    const piece = fc.constantFrom(
      'A',
      'B',
      '=',
      ':',
      ' ',
      '\n',
      '\r',
      '"',
      "'",
      '`',
      '#',
      '\\',
      'export ',
      'n',
      '\u00a0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const text = pieces.join('');
        const { value } = lenientDotenvFormat.parse(text, parseContext('.env')) as ParsedText;
        expect(value ?? {}).toEqual(dotenvParse(text));
      }),
      runs(1_000),
    );
  });
});

describe('Looking for the problems of an env file', () => {
  it.each(['A="\n', "A='\\'\n", 'A=`x" \n', 'word\n', 'A=1\n', 'A="x" y\n', 'A=\n\n', '"', '\n', 'A=b#'])(
    'takes time in proportion to its size: %j',
    async (piece) => {
      const find = (text: string) => findDotenvProblems(text, readDotenvLines(text), {});
      const textOf = (length: number) => piece.repeat(Math.ceil(length / piece.length));
      expect(await growth(find, textOf(250_000), textOf(1_000_000))).toBeLessThan(LINEAR);
    },
  );
});
