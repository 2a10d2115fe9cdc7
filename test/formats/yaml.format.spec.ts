import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import type { ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { yamlFormat } from '../../lib/formats/yaml.format.js';
import { parseContext } from '../support/parse-context.js';

const parse = (text: string, maxAliasCount = DEFAULT_CONTENT_LIMITS.maxAliasCount) =>
  yamlFormat.parse(
    text,
    parseContext('app.yaml', { limits: { ...DEFAULT_CONTENT_LIMITS, maxAliasCount } }),
  ) as ParsedText;

function problemsOf(text: string, maxAliasCount?: number): readonly TextProblem[] {
  try {
    parse(text, maxAliasCount);
  } catch (error) {
    if (error instanceof FormatError) return error.problems;
    throw error;
  }
  return [];
}

describe('yamlFormat', () => {
  it('reads YAML 1.2: `yes` is a string, and `012` is the number 12', () => {
    expect(parse('a: yes\nb: 012\nc: 0o14\nd: ~\ne: .inf\n? x\n: y').value).toEqual({
      a: 'yes',
      b: 12,
      c: 12,
      d: null,
      e: Infinity,
      x: 'y',
    });
    expect(parse('%YAML 1.1\n---\na: yes').value).toEqual({ a: 'yes' });
  });

  it('merges mappings with <<; the keys of the mapping itself win', () => {
    expect(parse('x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}').value).toMatchObject({
      z: { a: 0, b: 2, c: 4 },
    });
  });

  it('returns no value for white space, comments and an empty document', () => {
    for (const text of ['', '\n', '# a: 1\n', '---\n', '---\n# x\n...'])
      expect(parse(text).value ?? null).toBeNull();
  });

  it('uses the first of several documents, with a warning', () => {
    const { value, warnings } = parse('a: 1\n---\nb: 2\n---\n]');
    expect(value).toEqual({ a: 1 });
    expect(warnings).toEqual([
      {
        message: 'a second document starts here, but only the first one is used; remove the others',
        position: { line: 2, column: 1 },
      },
    ]);
  });

  it('warns about unknown tags', () => {
    expect(parse('a: !secret x').warnings).toEqual([
      { message: 'unknown tag; put a string that starts with ! in quotes', position: { line: 1, column: 4 } },
    ]);
  });

  it.each([
    ['a: [1, 2', 1, 9, /a closing ] or } is missing/],
    ['a: "x', 1, 6, /closing quote " is missing/],
    ['a: "x\nb: 1\nc: 2', 2, 1, /not indented enough.*closing quote/],
    ['\ta: 1', 1, 1, /tabs are not allowed/],
    ['a:\n\t- 1', 2, 1, /tabs are not allowed/],
    ['a: b: c', 1, 5, /nested mappings/],
    ['a: &x b: c', 1, 4, /nested mappings/],
    ['a:\n  - 1\n b: 2', 3, 2, /same column/],
    ['a: @x', 1, 4, /reserved character/],
    ['a: ]', 1, 4, /reserved character/],
    ['a: 1\nb', 2, 1, /colon after the key on this line is missing/],
    ['a: 1\nb\nc: 2', 2, 1, /colon after the key on this line is missing/],
    ['a: 1\n  b: 2', 2, 4, /line above continues/],
    ['😀: {a: 1]', 1, 9, /comma or the closing/],
    ["a: 'it's'", 1, 8, /only a comment may follow a closing quote/],
    ['a: "\\q"', 1, 6, /invalid escape sequence/],
    ['a: "\\U00110000"', 1, 4, /no character with this number/],
    ['a: *', 1, 5, /starts with \* in quotes/],
    ['a: \u0007', 1, 4, /control character/],
    ['%YAML 2.0\n---\na: 1', 2, 1, /only YAML 1/],
    [' ---\na: 1', 1, 1, /first line/],
    ['a: 1\n... b', 2, 5, /does not belong/],
  ])('reports the position of the syntax error in %j', (text, line, column, message) => {
    expect(problemsOf(text)[0]).toEqual({
      message: expect.stringMatching(message),
      position: { line, column },
    });
  });

  it('reports the first of many syntax errors, and at most 50 other problems', () => {
    expect(problemsOf('a: @x\n'.repeat(50))).toHaveLength(1);
    expect(problemsOf('a: 1\n'.repeat(100))).toHaveLength(50);
  });

  it('takes a closing bracket below the start of its key, with right positions after it', () => {
    const text = 'a: [\n  1,\n]\nb:\n  c: {\n    d: 1\n  } # x\nt: |\n  [\n  ]\nz: 1';
    const { value, locate } = parse(text);
    expect(value).toEqual({ a: [1], b: { c: { d: 1 } }, t: '[\n]\n', z: 1 });
    expect(locate?.(['z'])).toEqual({ line: 11, column: 4 });
    expect(problemsOf('a: [\n  1,\n]\nb: @')[0]?.position).toEqual({ line: 4, column: 4 });
    expect(problemsOf('a: [\n1,\n]')).toHaveLength(1);
  });

  it('does not quote the text in errors, because it may contain secrets', () => {
    for (const text of [
      'a: |hunter2\n  x',
      'a: "x" hunter2',
      '"x" hunter2: 1',
      'a: @hunter2',
      'a: [hunter2',
      '- a\nhunter2',
    ]) {
      expect(problemsOf(text).length).toBeGreaterThan(0);
      expect(JSON.stringify(problemsOf(text))).not.toContain('unter2');
    }
  });

  it('rejects all repeated keys, also if one is a number and the other a string', () => {
    expect(
      problemsOf('a: 1\nb:\n  - {x: 1, x: 2}\n1: a\n"1": b\n"": 1\na: 2\n<<: {q: 1}\n<<: {q: 2}\nq: 3'),
    ).toEqual([
      {
        message: 'the key "x" appears a second time here (first on line 3); remove one of them',
        position: { line: 3, column: 12 },
      },
      {
        message: 'the key "1" appears a second time here (first on line 4); remove one of them',
        position: { line: 5, column: 1 },
      },
      {
        message: 'the key "a" appears a second time here (first on line 1); remove one of them',
        position: { line: 7, column: 1 },
      },
    ]);
  });

  it('finds repeated keys among 50,000 keys', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1\n`).join('');
    expect(problemsOf(`${many}k7: 2`)).toHaveLength(1);
  });

  it('reports the position of an alias without an anchor before it', () => {
    expect(problemsOf('a: &x 1\nb: *x\nc: *y\n')).toEqual([
      {
        message:
          'the alias has no anchor before it; define the anchor, or put a string that starts with * in quotes',
        position: { line: 3, column: 4 },
      },
    ]);
  });

  it('limits the number of nodes that aliases expand to', () => {
    const bomb = 'a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: &d [*c,*c,*c]\ne: [*d,*d,*d]';
    expect(problemsOf(bomb, 10)).toEqual([
      {
        message: 'aliases expand to more than 10 nodes (limit maxAliasCount); use fewer, or raise the limit',
        position: { line: 2, column: 14 },
      },
    ]);
    expect(problemsOf('a: &a 1\nb: *a', 0)).toHaveLength(1);
  });

  it('rejects the merge of a value that is not a mapping', () => {
    const message = 'only a mapping, or a list of mappings, can be merged with <<';
    expect(problemsOf('x: &x {y: 1}\na: {<<: *x}\nb:\n  <<: 3')).toEqual([
      { message, position: { line: 4, column: 7 } },
    ]);
    expect(problemsOf('a:\n  <<: [{b: 1}, 2]')).toEqual([{ message, position: { line: 2, column: 7 } }]);
    expect(problemsOf('a:\n  <<:\n')).toEqual([{ message, position: { line: 2, column: 3 } }]);
  });

  it('rejects the merge of a mapping into itself', () => {
    expect(problemsOf('a: &a\n  <<: *a')).toEqual([
      { message: expect.stringContaining('contains itself'), position: { line: 2, column: 7 } },
    ]);
  });

  it.each(['[', '- ', '? ', '{a: ', '{? '])(
    'reports 100,000 levels of %j as nested too deeply',
    (opening) => {
      expect(problemsOf(opening.repeat(100_000))).toEqual([
        { message: 'is nested too deeply; flatten it', position: { line: 1, column: expect.any(Number) } },
      ]);
    },
  );

  it('does not throw a RangeError for any depth between those that parse and those that do not', () => {
    for (let depth = 200; depth <= 1000; depth += 100) {
      const text = '['.repeat(depth) + ']'.repeat(depth);
      expect(problemsOf(text).length).toBeLessThanOrEqual(1);
    }
  });

  describe('locate', () => {
    it.each([
      ['a:\n  - x\n  -\n', 1, 3, 3],
      ['a:\n  -\n  - # - no item\n  -\n', 2, 4, 3],
      ['a:\n  - |\n    - text\n  -\n', 1, 4, 3],
      ['a:\n  - [x, y]\n  - {b: -1} # - c\n  -\n', 2, 4, 3],
      ['a:\n  - - p\n    -\n  -\n', 1, 4, 3],
    ])('finds the dash of an empty list item of %j', (text, item, line, column) => {
      expect(parse(text).locate?.(['a', String(item)])).toEqual({ line, column });
    });

    const { locate } = parse(
      [
        'base: &base',
        '  retries: 3',
        '  deep: {x: 1}',
        'llm:',
        '  model: local # comment',
        '  temperature: !!float 7',
        '  empty:',
        '  stops:',
        '    - end',
        '    - at: 2',
        'chain:',
        '  <<: *base',
        '  own: *base',
        'both: {<<: [{p: 1}, *base]}',
        '2: two',
      ].join('\n'),
    );

    it('returns the position of the value', () => {
      expect(locate?.(['llm', 'model'])).toEqual({ line: 5, column: 10 });
      expect(locate?.(['llm', 'temperature'])).toEqual({ line: 6, column: 24 });
      expect(locate?.(['llm'])).toEqual({ line: 5, column: 3 });
      expect(locate?.(['llm', 'stops', '0'])).toEqual({ line: 9, column: 7 });
      expect(locate?.(['llm', 'stops', '1', 'at'])).toEqual({ line: 10, column: 11 });
      expect(locate?.(['2'])).toEqual({ line: 15, column: 4 });
      expect(locate?.([])).toEqual({ line: 1, column: 1 });
    });

    it('returns the position of the key if requested, and if the key has no value', () => {
      expect(locate?.(['llm', 'model'], 'key')).toEqual({ line: 5, column: 3 });
      expect(locate?.(['llm', 'empty'])).toEqual({ line: 7, column: 3 });
      expect(locate?.(['llm', 'stops', '0'], 'key')).toEqual({ line: 9, column: 7 });
    });

    it('follows aliases and merges to the position of the value', () => {
      expect(locate?.(['chain', 'retries'])).toEqual({ line: 2, column: 12 });
      expect(locate?.(['chain', 'own', 'deep', 'x'])).toEqual({ line: 3, column: 13 });
      expect(locate?.(['chain', 'own'])).toEqual({ line: 13, column: 8 });
      expect(locate?.(['both', 'p'])).toEqual({ line: 14, column: 17 });
      expect(locate?.(['both', 'retries'])).toEqual({ line: 2, column: 12 });
    });

    it('returns the position of the nearest mapping around a path that does not exist', () => {
      expect(locate?.(['llm', 'modle'])).toEqual({ line: 4, column: 1 });
      expect(locate?.(['both', 'nope'])).toEqual({ line: 14, column: 1 });
      expect(locate?.(['llm', 'stops', '9'])).toEqual({ line: 8, column: 3 });
      expect(locate?.(['llm', 'stops', 'x'])).toEqual({ line: 8, column: 3 });
      expect(locate?.(['llm', 'model', 'deeper'])).toEqual({ line: 5, column: 3 });
      expect(locate?.(['nope'])).toEqual({ line: 1, column: 1 });
    });

    it('returns nothing for an empty text', () => {
      expect(parse('').locate?.(['a'])).toBeUndefined();
    });
  });
});
