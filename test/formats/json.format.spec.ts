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

  it('reports at most 50 repeated keys: each position of a long line takes time', () => {
    expect(problemsOf(`{${'"a":1,'.repeat(200)}"b":2}`)).toHaveLength(50);
  });

  it('handles escapes and white space when it looks for repeated keys', () => {
    expect(problemsOf('{"a" : 1, "\\u0061"\t\n:2}')).toHaveLength(1);
    expect(problemsOf('{"a\\\\":":","b\\"c":"\\\\","\\"":{"x":"\\":"}, "y": ["a", "a:", ":"]}')).toEqual([]);
  });

  it('parses content that is too deep for a syntax tree, without positions', () => {
    const deep = parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(deep.locate?.(['0'])).toBeUndefined();
    expect(problemsOf(`{"a":1,"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toEqual([
      { message: 'is nested too deeply; flatten it', position: { line: 1, column: 1011 } },
    ]);
  });

  it('reports an error without a position if the text is too deep for a syntax tree', () => {
    expect(problemsOf(`${'['.repeat(100_000)}x`)).toEqual([
      { message: expect.any(String), position: undefined },
    ]);
  });

  it.each([
    ['738529527931269425', /more digits than a number can hold exactly; put it in quotes$/],
    ['-9007199254740993', /more digits/],
    ['9007199254740993.0', /more digits/],
    ['0.12345678901234567890', /more digits/],
    ['1.00000000000000000001', /more digits/],
    ['1e400', /too large for a number; put it in quotes$/],
    ['-1E+400', /too large/],
    ['1e-400', /too close to zero for a number; put it in quotes$/],
    ['0.1e-323', /too close|more digits/],
  ])('refuses %s, which would become another number', (written, message) => {
    for (const text of [`{"s": "a\\"1", "bots": [{"x": 1,\n  "chat_id": ${written}}]}`]) {
      const problems = problemsOf(text);
      expect(problems).toEqual([
        {
          path: ['bots', '0', 'chat_id'],
          position: { line: 2, column: 14 },
          message: expect.stringMatching(message),
        },
      ]);
      expect(problems[0]!.message).toContain(`bots.0.chat_id is ${written}, which `);
    }
    expect(problemsOf(written)).toHaveLength(1);
  });

  it.each([
    '9007199254740992',
    '100000000000000000000',
    '1.7976931348623157e308',
    '5e-324',
    '0.30000000000000004',
    '1.50000000000000000000',
    '1e3',
    '0e400',
    '-0',
    '0.0000000000000000000',
  ])('accepts %s, which is exact', (written) => {
    expect(parse(`[${written}]`).value).toEqual([Number(written)]);
  });

  it('does not look for numbers in strings and keys', () => {
    const text = '{"1e400":"738529527931269425","a":["\\"1e400","\\\\",true,false,null]}';
    expect(parse(text).value).toEqual(JSON.parse(text));
  });

  it('does not quote a secret number', () => {
    expect(problemsOf('{"pin_secret": 738529527931269425}')).toEqual([
      {
        path: ['pin_secret'],
        position: { line: 1, column: 16 },
        message:
          'pin_secret is a number that has more digits than a number can hold exactly; put it in quotes',
      },
    ]);
  });

  it('reports at most 50 numbers, and cuts long ones', () => {
    const problems = problemsOf(`[${Array.from({ length: 100 }, () => '9'.repeat(400)).join()}]`);
    expect(problems).toHaveLength(50);
    expect(problems[0]!.message.length).toBeLessThan(150);
  });

  it('costs little for 2 MB of numbers and strings', () => {
    const small = Array.from({ length: 40_000 }, (_, n) => ({ [`k${n}`]: n, at: 'x".1e400', r: n / 8 }));
    const text = JSON.stringify(small, null, 2);
    const cpu = (run: () => unknown) => {
      const times = Array.from({ length: 7 }, () => {
        const start = process.cpuUsage();
        run();
        const { user, system } = process.cpuUsage(start);
        return user + system;
      });
      return Math.min(...times);
    };
    expect(cpu(() => parse(text))).toBeLessThan(8 * cpu(() => JSON.parse(text)));
  });

  it('returns the characters of numbers, booleans and null', () => {
    const { textOf } = parse('{"a": 4.10, "b": [1E3, true, null, "x", {}]}');
    expect(textOf?.(['a'])).toBe('4.10');
    expect(['0', '1', '2', '3', '4', '5'].map((index) => textOf?.(['b', index]))).toEqual([
      '1E3',
      'true',
      'null',
      undefined,
      undefined,
      undefined,
    ]);
    expect(textOf?.(['c', 'd'])).toBeUndefined();
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
