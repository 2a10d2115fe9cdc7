import fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { isContent, parseContent, sha256 } from '../../lib/sources/content/parse-content.js';
import type { ConfigFormat, ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { json5Format, jsoncFormat } from '../../lib/formats/loose-json.format.js';
import { runs } from '../support/storm-run.js';
import { parseContext } from '../support/parse-context.js';

const context = parseContext('app.json5');
const parse = (format: ConfigFormat, text: string) => format.parse(text, context) as ParsedText;

function problemsOf(format: ConfigFormat, text: string): readonly TextProblem[] {
  try {
    parse(format, text);
  } catch (error) {
    if (error instanceof FormatError) return error.problems;
    throw error;
  }
  return [];
}

async function messagesOf(format: ConfigFormat, text: string): Promise<string[]> {
  const bytes = Buffer.from(text);
  const place = { source: 'f', file: 'f', mount: [] };
  const result = await parseContent(bytes, sha256(bytes), format, place, { limits: DEFAULT_CONTENT_LIMITS });
  return isContent(result) ? [] : result.issues.map(({ message }) => message);
}

describe.each([jsoncFormat, json5Format])('$name', (format) => {
  it('reads comments and trailing commas', () => {
    expect(parse(format, '// c\n{"a": [1, 2,], /* d */ "b": {"c": null,},}').value).toEqual({
      a: [1, 2],
      b: { c: null },
    });
  });

  it.each(['', ' \n', '// nothing\n/* at all */'])('returns no value for %j', (text) => {
    expect(parse(format, text).value).toBeUndefined();
  });

  it('returns the positions of values and keys', () => {
    const { locate } = parse(format, '{ // 😀\n  "a": [1,\n /**/ {"b": 2}] }');
    expect(locate?.(['a', '1', 'b'])).toEqual({ line: 3, column: 13 });
    expect(locate?.(['a', '1', 'b'], 'key')).toEqual({ line: 3, column: 8 });
  });

  it('rejects repeated keys in one object', () => {
    expect(problemsOf(format, '{"a": 1,\n "a": 2}')).toEqual([
      {
        message: 'the key "a" appears a second time here (first on line 1); remove one of them',
        position: { line: 2, column: 2 },
      },
    ]);
  });

  it.each([
    ['{"a": hunter2}', 1, 7],
    ['{"a": 1\n "b": 2}', 2, 2],
    ['{"a": "hunter2', 1, 15],
    ['{"a": 1} hunter2', 1, 10],
    ['{"a": /* hunter2', 1, 17],
    ['{"a": "hunter2\\', 1, expect.any(Number)],
  ])('reports the position of the syntax error in %j without quoting it', (text, line, column) => {
    const problems = problemsOf(format, text);
    expect(problems).toEqual([{ message: expect.any(String), position: { line, column } }]);
    expect(problems[0]?.message).not.toMatch(/hunter2|found|\(\d/);
  });

  it.each([
    ['{"__proto__": {"polluted": 1}}', /__proto__.*not allowed/],
    ['{"a": {"constructor": 1}}', /constructor.*not allowed/],
    ['['.repeat(50_000), /is nested too deeply|too early/],
    [`${'['.repeat(500)}${']'.repeat(500)}`, /is nested more than 64 levels/],
  ])('rejects harmful content: %.40s', async (text, message) => {
    expect(await messagesOf(format, text)).toEqual([expect.stringMatching(message)]);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});

describe.each([jsoncFormat, json5Format])('Numbers of $name', (format) => {
  it.each(['738529527931269425', '-9007199254740993', '0.12345678901234567890', '1e400', '1e-400'])(
    'are refused if they would become other numbers: %s',
    (written) => {
      const problems = problemsOf(format, `{"bots": [1, // 2\n {"chat_id": ${written}}]}`);
      expect(problems).toEqual([
        {
          path: ['bots', '1', 'chat_id'],
          position: { line: 2, column: 14 },
          message: expect.stringContaining(`bots.1.chat_id is ${written}, which `),
        },
      ]);
    },
  );

  it('are not quoted if they are secret', () => {
    const [problem] = problemsOf(format, '{"api_token": 738529527931269425}');
    expect(problem?.message).toMatch(/^api_token is a number that has more digits/);
  });

  it('have characters', () => {
    const { textOf } = parse(format, '{"a": 4.10, /* b */ "b": [true, null, "x"]}');
    expect(textOf?.(['a'])).toBe('4.10');
    expect(['0', '1', '2'].map((index) => textOf?.(['b', index]))).toEqual(['true', 'null', undefined]);
  });
});

describe('JSONC', () => {
  it.each([
    '["a\nb"]',
    '["a\tb"]',
    '[+1]',
    '[.5]',
    '[5.]',
    '[0x1]',
    '[NaN]',
    "['a']",
    '[1,,]',
    '[,]',
    '[01]',
    '["\\x41"]',
  ])('refuses %j, as JSON does', (text) => expect(problemsOf(jsoncFormat, text)).toHaveLength(1));
});

describe('JSON5', () => {
  it.each([
    ['-.5', -0.5],
    ['+.5', 0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['-5.e-1', -0.5],
    ['0xdecaf', 0xdecaf],
    ['-0x1F', -31],
    ['+0XfF', 255],
    ['0x20000000000000', 2 ** 53],
    ['+Infinity', Infinity],
    ['-NaN', Number.NaN],
    ['-0', -0],
    ['-0x0', -0],
    ["'it\\'s \"x\"'", 'it\'s "x"'],
    ['"\\x41\\v\\0\\a\\\n\\\r\n\\u00e9"', 'A\v\0aé'],
    ['"a\u2028b\u2029\tc"', 'a\u2028b\u2029\tc'],
    ['"a\\\u2028b"', 'ab'],
    ['"\\😀"', '😀'],
    [
      '{null: 1, if: 2, Infinity: 3, \\u0061b: 4, ünï: 5, $_: 6, 𐊧: 7}',
      { null: 1, if: 2, Infinity: 3, ab: 4, ünï: 5, $_: 6, 𐊧: 7 },
    ],
    ['[1,]\u00a0\ufeff// x\u2028', [1]],
  ])('reads %s', (text, value) => {
    expect(parse(json5Format, text).value).toEqual(value);
  });

  it.each([
    '"a\nb"',
    '"a\rb"',
    "'a\nb'",
    '.',
    '+',
    '-',
    '- 1',
    '--1',
    '01',
    '-01',
    '0x',
    '0x1g',
    '1_000',
    '1e',
    '1.2.3',
    '.e1',
    '0b1',
    'Infinite',
    '-infinity',
    'tru\\u0065',
    'undefined',
    '"\\1"',
    '"\\08"',
    '"\\x4"',
    '"\\u12"',
    '"\\u{41}"',
    '{1: 2}',
    '{a-b: 1}',
    '{\\u0031a: 1}',
    '{\\U0061: 1}',
    '[1,,]',
    '[,]',
    '{,}',
    '{a: 1,,}',
    '{a}',
    '[1] [2]',
    '/*/ 1',
    '1 /* x',
    '/ 1',
    '0x20000000000001',
    '-0xffffffffffffffff',
    '.1e-400',
  ])('refuses %s', (text) => {
    expect(problemsOf(json5Format, text)).toHaveLength(1);
  });

  it('tells what to do about a line break in a string', () => {
    expect(problemsOf(json5Format, '{a: "x\ny"}')).toEqual([
      {
        message: 'a string must not contain a line break; write \\n, or close the string',
        position: { line: 1, column: 7 },
      },
    ]);
  });

  it('returns the characters of numbers', () => {
    const { textOf } = parse(json5Format, '{a: -0x1F, b: +.50, c: Infinity}');
    expect(['a', 'b', 'c'].map((key) => textOf?.([key]))).toEqual(['-0x1F', '+.50', 'Infinity']);
  });

  it('takes and refuses what the package json5 does, and reads the same values', () => {
    const signs =
      '{ } [ ] , : " \' \\ / // /* */ - + . 0 1 e x E X \\u0061 x41 a b_ $ Infinity NaN true null é';
    const blanks = [' ', '\n', '\r', '\t', '\v', '\f', '\u00a0', '\ufeff'];
    const pieces = fc.constantFrom(
      ...signs.split(' ').concat(blanks, 'a:', '{a:', '"k":', '[1,', '0x', '"s"'),
    );
    const texts = fc.array(pieces, { maxLength: 8 }).map((list) => list.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom(['', ''], ['[', ']'], ['{a:', '}']), (text, [open, close]) => {
        const whole = open + text + close;
        // Refused on purpose.
        fc.pre(
          !/a second time|for a number|more digits/.test(JSON.stringify(problemsOf(json5Format, whole))),
        );
        const expected = outcomeOf(() => JSON5.parse(whole) as unknown);
        // A text without a value is an empty file.
        expect([whole, outcomeOf(() => parse(json5Format, whole).value)]).toEqual([whole, expected]);
      }),
      runs(4_000),
    );
  });

  it('reads bare keys, single quotes, and the numbers of JavaScript', () => {
    expect(
      parse(json5Format, "{a: 'it\\\n s', $b: 0x1F, 'c': .5, d: +1, e: -Infinity, f: NaN}").value,
    ).toEqual({
      a: 'it s',
      $b: 31,
      c: 0.5,
      d: 1,
      e: -Infinity,
      f: NaN,
    });
  });

  it('accepts syntax that JSONC rejects', () => {
    expect(problemsOf(jsoncFormat, "{a: 'x'}")).toHaveLength(1);
  });

  it.each([
    ['{"a": }', 'unexpected }'],
    ['{"a": 1 "b": 2}', 'unexpected string; a comma may be missing before it'],
    ['[1 2]', 'unexpected number; a comma may be missing before it'],
  ])('names the unexpected token in %s', (text, message) => {
    for (const format of [jsoncFormat, json5Format])
      expect(problemsOf(format, text)).toMatchObject([{ message }]);
  });
});

/** Returns the value, or undefined if there is none or `run` throws. */
function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return undefined;
  }
}
