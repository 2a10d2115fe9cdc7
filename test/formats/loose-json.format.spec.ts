import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { isContent, parseContent, sha256 } from '../../lib/sources/content/parse-content.js';
import type { ConfigFormat, ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { json5Format, jsoncFormat } from '../../lib/formats/loose-json.format.js';
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

describe('JSON5', () => {
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
