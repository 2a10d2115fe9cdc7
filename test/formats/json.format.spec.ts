import { describe, expect, it } from 'vitest';
import type { ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { jsonFormat } from '../../lib/formats/json.format.js';
import { parseContext } from '../support/parse-context.js';

const context = parseContext('app.json');
const parse = (text: string) => jsonFormat.parse(text, context) as ParsedText;

function problemsOf(text: string): readonly TextProblem[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FormatError) return error.problems;
    throw error;
  }
  return [];
}

describe('jsonFormat', () => {
  it('reads what JSON.parse reads', () => {
    expect(parse('{"a":[1,null,{"b":"ü"}],"c":true}').value).toEqual({ a: [1, null, { b: 'ü' }], c: true });
  });

  it('returns no value for a blank text', () => {
    expect(parse(' \n').value).toBeUndefined();
  });

  it.each([
    ['{"a":1,}', 1, 8, /property name/],
    ['{\n  "a" 1}', 2, 7, /expected ':'/],
    ['{"a":\n"x', 2, 3, /unterminated string/],
    ['[1,2', 1, 5, /expected ','/],
    ['{"a":', 1, 6, /ends too early/],
    ['{"a":1\n"b":2}', 2, 1, /expected ','/],
    ['{"a":"\t"}', 1, 7, /control character/],
    ["{'a':1}", 1, 2, /property name/],
    ['// c\n{}', 1, 1, /unexpected token '\/'/],
    ['{"a":1} x', 1, 9, /after JSON/],
    ['{"😀":1 2}', 1, 8, /expected ','/],
  ])('reports the position of the syntax error in %j', (text, line, column, message) => {
    expect(problemsOf(text)).toEqual([
      { message: expect.stringMatching(message), position: { line, column } },
    ]);
  });

  it('reports the position of an unexpected token, which V8 omits', () => {
    expect(problemsOf('{\n "secret": hunter2}')).toEqual([
      { message: expect.stringMatching(/^unexpected token 'h'$/), position: { line: 2, column: 12 } },
    ]);
  });

  it('does not quote the text in errors, because it may contain secrets', () => {
    for (const text of [
      '{"secret": "hunter2" oops}',
      '{"secret": hunter2}',
      '{"secret": "hunter2',
      '"hunter2" }',
    ]) {
      expect(JSON.stringify(problemsOf(text))).not.toContain('unter2');
    }
  });

  it('rejects repeated keys in one object, with their positions', () => {
    expect(problemsOf('{"a":1,\n "b":[{"x":1,"x":2}],\n "a":2}')).toEqual([
      {
        message: 'the key "x" appears a second time here (first on line 2); remove one of them',
        position: { line: 2, column: 14 },
      },
      {
        message: 'the key "a" appears a second time here (first on line 1); remove one of them',
        position: { line: 3, column: 2 },
      },
    ]);
  });

  it('handles escapes and white space when it looks for repeated keys', () => {
    expect(problemsOf('{"a" : 1, "\\u0061"\t\n:2}')).toHaveLength(1);
    expect(problemsOf('{"a\\\\":":","b\\"c":"\\\\","\\"":{"x":"\\":"}, "y": ["a", "a:", ":"]}')).toEqual([]);
  });

  it('parses content that is too deep for a syntax tree, without positions', () => {
    const deep = parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(deep.locate?.(['0'])).toBeUndefined();
    expect(problemsOf(`{"a":1,"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toEqual([]);
  });

  it('reports an error without a position if the text is too deep for a syntax tree', () => {
    expect(problemsOf(`${'['.repeat(100_000)}x`)).toEqual([
      { message: expect.any(String), position: undefined },
    ]);
  });

  describe('locate', () => {
    const { locate } = parse('{\n  "llm": { "model": "x",\n    "stops": [1, {"at": 2}] }\n}');

    it('returns the position of the value', () => {
      expect(locate?.(['llm', 'model'])).toEqual({ line: 2, column: 21 });
      expect(locate?.(['llm', 'stops', '1', 'at'])).toEqual({ line: 3, column: 25 });
      expect(locate?.([])).toEqual({ line: 1, column: 1 });
    });

    it('returns the position of the key if requested', () => {
      expect(locate?.(['llm', 'model'], 'key')).toEqual({ line: 2, column: 12 });
      expect(locate?.(['llm', 'stops', '0'], 'key')).toEqual({ line: 3, column: 15 });
    });

    it('returns the position of the nearest mapping around a path that does not exist', () => {
      expect(locate?.(['llm', 'nope', 'deeper'])).toEqual({ line: 2, column: 3 });
      expect(locate?.(['llm', 'model', 'deeper'])).toEqual({ line: 2, column: 12 });
      expect(locate?.(['llm', 'stops', '7'])).toEqual({ line: 3, column: 5 });
      expect(locate?.(['nope'])).toEqual({ line: 1, column: 1 });
    });
  });
});
