import { describe, expect, it } from 'vitest';
import type { ParseContext, ParsedText, TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { yamlFormat } from '../../lib/formats/yaml.format.js';
import { parseContext } from '../support/parse-context.js';

function parse(text: string, context: Partial<ParseContext> = {}): ParsedText {
  return yamlFormat.parse(text, parseContext('app.yaml', context)) as ParsedText;
}

const shown = ({ message, position }: TextProblem) =>
  `${position?.line}:${position?.column} ${message.replaceAll('\n', '\\n')}`;

/** Problems of a text that is refused. */
function refused(text: string, context?: Partial<ParseContext>): string[] {
  try {
    return [`accepted: ${JSON.stringify(parse(text, context).value)}`];
  } catch (error) {
    if (error instanceof FormatError) return error.problems.map(shown);
    throw error;
  }
}

const warned = (text: string, context?: Partial<ParseContext>) =>
  (parse(text, context).warnings ?? []).map(shown);

describe('A value in YAML', () => {
  it.each<[text: string, value: unknown]>([
    ['', null],
    ['~', null],
    ['Null', null],
    ['nULL', 'nULL'],
    ['True', true],
    ['FALSE', false],
    ['tRUE', 'tRUE'],
    ['yes', 'yes'],
    ['0', 0],
    ['-0', -0],
    ['+12', 12],
    ['0o17', 15],
    ['0x1F', 31],
    ['0X1F', '0X1F'],
    ['-0x1F', '-0x1F'],
    ['0o8', '0o8'],
    ['0b1', '0b1'],
    ['1_000', '1_000'],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['+.5e-3', 0.0005],
    ['1e3', 1000],
    ['1e', '1e'],
    ['e3', 'e3'],
    ['.', '.'],
    ['-', [null]],
    ['+', '+'],
    ['1.2.3', '1.2.3'],
    ['4.10', 4.1],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['+.Inf', Infinity],
    ['.NaN', Number.NaN],
    ['.nAn', '.nAn'],
    ['12:30:45', '12:30:45'],
    ['2026-11-29', '2026-11-29'],
    ['2026-11-29T10:00:00Z', '2026-11-29T10:00:00Z'],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 9_007_199_254_740_992],
    ['1e21', 1e21],
    ['0.1', 0.1],
    ['"1"', '1'],
    ["'~'", '~'],
    ['|-\n  1', '1'],
    ['>-\n  true', 'true'],
    ['a # b', 'a'],
    ['a#b', 'a#b'],
    ['http://a:1', 'http://a:1'],
    ['"x\\\n\n  y"', 'x\ny'],
    ['"x\\\\\n  y"', 'x\\ y'],
    ['"x \\\n  y"', 'x y'],
    ['! 12', '12'],
    ['!!str 4.10', '4.10'],
    ['!!str', ''],
    ['!!int "3"', 3],
    ['!!int 0x1F', 31],
    ['!!float 1', 1],
    ['!!float "1e3"', 1000],
    ['!!bool "true"', true],
    ['!!null ""', null],
    ['!<tag:yaml.org,2002:str> 1', '1'],
    ['!!timestamp 2026-02-28', '2026-02-28'],
    ['!!timestamp 2026-2-3 4:05:06 Z', '2026-2-3 4:05:06 Z'],
    ['!!seq [1]', [1]],
    ['!!map {a: 1}', { a: 1 }],
    ['!!pairs [a: 1, a: 2]', [{ a: 1 }, { a: 2 }]],
    ['!!binary aGk=', Buffer.from('hi')],
    ['!!binary |\n  aG\n  k=', Buffer.from('hi')],
  ])('%j is %j', (text, value) => {
    expect(parse(`a: ${text === '-' ? '\n-' : text}\n`).value).toEqual({ a: value });
  });

  it.each([
    ['738529527931269425', 'which has more digits than a number can hold exactly; put it in quotes'],
    ['-9007199254740993', 'which has more digits than a number can hold exactly; put it in quotes'],
    ['0.12345678901234567890', 'which has more digits than a number can hold exactly; put it in quotes'],
    ['0x20000000000001', 'which has more digits than a number can hold exactly; put it in quotes'],
    ['1e400', 'which is too large for a number; put it in quotes'],
    ['1e-400', 'which is too close to zero for a number; put it in quotes'],
  ])('%s is refused, with its characters and its position', (text, problem) => {
    expect(refused(`b: 1\na:\n  - ${text}\n`)).toEqual([`3:5 a.0 is ${text}, ${problem}`]);
    expect(refused(`a: !!float ${text}\n`)).toHaveLength(1);
    expect(parse(`a: "${text}"`).value).toEqual({ a: text });
  });

  it('is not quoted in the message if it is secret', () => {
    expect(refused('password: 738529527931269425')).toEqual([
      '1:11 password is a number that has more digits than a number can hold exactly; put it in quotes',
    ]);
    expect(warned('password: 0644')[0]).not.toContain('644');
    expect(warned('password: off', { hasSchema: false })[0]).not.toContain('"off"');
  });

  it('gives the path of a problem', () => {
    expect(() => parse('a: {b: [1, 738529527931269425]}')).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path: ['a', 'b', '1'] })] }),
    );
  });

  it.each([
    ['!!int abc', '1:10 a is not an integer; write an integer, or remove the tag !!int'],
    ['!!int 1.5', '1:10 a is not an integer; write an integer, or remove the tag !!int'],
    ['!!float x', '1:12 a is not a number; write a number, or remove the tag !!float'],
    ['!!bool yes', '1:11 a is not a boolean; write true or false, or remove the tag !!bool'],
    ['!!null x', '1:11 a is not null; remove the tag !!null or the value'],
    ['!!binary "x~"', '1:14 a is not valid base64; encode the bytes again, or remove the tag !!binary'],
    [
      '!!timestamp 2026-02-30',
      '1:16 a is not a date; write one such as 2026-11-29, or remove the tag !!timestamp',
    ],
    ['!!set {x}', '1:4 a set is not a configuration value; write a list, and remove the tag !!set'],
    ['!!seq {x: 1}', '1:4 the tag does not fit this collection; remove it'],
    ['!!map x', '1:4 the tag does not fit this value; remove it'],
  ])('%s is refused', (text, problem) => {
    expect(refused(`a: ${text}`)).toEqual([problem]);
  });

  it('refuses !!omap', () => {
    expect(refused('a: !!omap [x: 1]')[0]).toContain('write a mapping');
  });

  it.each([
    ['0644', 'which is the decimal number 644 in YAML 1.2; write 0o644 for an octal number, 644 for'],
    ['-012', 'which is the decimal number -12 in YAML 1.2; write -12 for'],
    ['0899', 'which is the decimal number 899 in YAML 1.2; write 899 for'],
  ])('%s is a number with a warning', (text, warning) => {
    expect(warned(`a: ${text}`)).toEqual([expect.stringContaining(`1:4 a is ${text}, ${warning}`)]);
  });

  it.each(['"0644"', '0', '00', '0o644', '0.5', '01.5', '10'])('%s needs no warning', (text) => {
    expect(warned(`a: ${text}`, { hasSchema: false })).toEqual([]);
  });

  it.each([
    ['off', 'false for a boolean'],
    ['No', 'false for a boolean'],
    ['YES', 'true for a boolean'],
    ['on', 'true for a boolean'],
    ['1_000', '1000 for a number'],
    ['0b101', '5 for a number'],
  ])('%s is a string, with a warning if there is no schema', (text, meaning) => {
    const warning = `1:4 a is the string "${text}"; write ${meaning}, or quotes for a string`;
    expect(warned(`a: ${text}`, { hasSchema: false })).toEqual([warning]);
    expect(warned(`x: &x ${text}\na: *x`, { hasSchema: false })).toHaveLength(1);
    for (const harmless of [`a: "${text}"`, `a: !!str ${text}`, `${text}: a`, `a: |\n  ${text}`])
      expect(warned(harmless, { hasSchema: false })).toEqual([]);
    expect(warned(`a: ${text}`)).toEqual([]);
  });

  it.each(['y', 'n', 'oN', 'offs', '1_0', '2024_01_05', '12:30', '10:00:00'])(
    '%s is a string without a warning',
    (text) => {
      expect(warned(`a: ${text}`, { hasSchema: false })).toEqual([]);
    },
  );

  it('warns of a file that says YAML 1.1', () => {
    expect(warned('%YAML 1.1\n---\na: yes')).toEqual([expect.stringContaining('1:1 the file says YAML 1.1')]);
    expect(warned('%YAML 1.2\n---\na: yes')).toEqual([]);
  });

  it('reads tags by the directives of the file', () => {
    expect(parse('%TAG !y! tag:yaml.org,2002:\n---\na: !y!str 1').value).toEqual({ a: '1' });
    expect(parse('%TAG !! tag:example.com,2026:\n---\na: !!int x').value).toEqual({ a: 'x' });
  });
});

describe('A key in YAML', () => {
  it.each([
    ['4.10', '4.10'],
    ['8080', '8080'],
    ['0644', '0644'],
    ['+1', '+1'],
    ['1_000', '1_000'],
    ['true', 'true'],
    ['No', 'No'],
    ['2026-11-29', '2026-11-29'],
    ['1.', '1.'],
    ['"0x10"', '0x10'],
    ["'1e3'", '1e3'],
    ['""', ''],
    ['"~"', '~'],
    ['"<<"', '<<'],
    ['!!str 1e3', '1e3'],
    ['!!str', ''],
    ['? 4.10\n', '4.10'],
    ['? |\n  a\n', 'a\n'],
    ['a b', 'a b'],
    ['__proto__', '__proto__'],
  ])('%j is %j', (text, key) => {
    expect(Object.keys(parse(`${text}${text.endsWith('\n') ? '' : ' '}: 1`).value as object)).toEqual([key]);
  });

  it.each([
    ['0x10: 1', '1:1 the key 0x10 stands for a number that has other spellings; put the key in quotes'],
    ['0o17: 1', '1:1 the key 0o17 stands for a number that has other spellings; put the key in quotes'],
    ['1e3: 1', '1:1 the key 1e3 stands for a number that has other spellings; put the key in quotes'],
    ['a: {.inf: 1}', '1:5 the key .inf stands for a number that has other spellings; put the key in quotes'],
    ['~: 1', '1:1 the key ~ stands for null; put the key in quotes'],
    ['null: 1', '1:1 the key null stands for null; put the key in quotes'],
    [': 1', '1:3 the key is missing; write one before the colon, or "" for an empty key'],
    ['a:\n  : 1', '2:5 the key is missing; write one before the colon, or "" for an empty key'],
    ['!!int x: 1', '1:7 the key is not an integer; write an integer, or remove the tag !!int'],
  ])('%j is refused', (text, problem) => {
    expect(refused(text)).toEqual([problem]);
  });

  it.each(['[1]: x', '? [1, 2]\n: x', '{a: 1}: x', '? a: 1\n: x', 'l: &l [1]\n*l : x', 'a: [[1]: x]'])(
    '%j is refused, because it is no string',
    (text) => {
      expect(refused(text)).toEqual([expect.stringContaining('a list or a mapping cannot be a key')]);
    },
  );

  it('is the same key as one in quotes', () => {
    expect(refused('4.10: a\n"4.10": b')).toEqual([
      '2:1 the key "4.10" appears a second time here (first on line 1); remove one of them',
    ]);
    expect(Object.keys(parse('4.10: a\n4.1: b').value as object)).toEqual(['4.10', '4.1']);
  });

  it('may be an alias of a string or number, as written', () => {
    expect(parse('a: &v 4.10\n*v : b').value).toEqual({ a: 4.1, '4.10': 'b' });
    expect(parse('&k 4.10: a\nb: *k').value).toEqual({ '4.10': 'a', b: 4.1 });
  });
});

describe('textOf', () => {
  const { textOf } = parse(
    'a: 4.10\nb: {c: [0x1F, "4.10", True, ~]}\nd: &d 1.50\ne: *d\nf:\n  <<: {g: 007}\nh: text\ni:\nj: !!float 1\n4.10: 2.0\n',
  );

  it.each([
    ['a', '4.10'],
    ['b.c.0', '0x1F'],
    ['b.c.1', undefined],
    ['b.c.2', 'True'],
    ['b.c.3', '~'],
    ['b.c', undefined],
    ['d', '1.50'],
    ['e', '1.50'],
    ['f.g', '007'],
    ['h', undefined],
    ['i', undefined],
    ['j', '1'],
    ['none', undefined],
    ['a.b', undefined],
  ])('returns the characters of the number, boolean or null at %s', (path, text) => {
    expect(textOf?.(path.split('.'))).toBe(text);
  });

  it('finds keys as written', () => {
    expect(textOf?.(['4.10'])).toBe('2.0');
  });
});

describe('An alias in YAML', () => {
  it('may be used any number of times', () => {
    const uses = Array.from(
      { length: 10_000 },
      (_, index) => `m${index}:\n  <<: *defaults\n  own: ${index}\n`,
    );
    const { value } = parse(`defaults: &defaults {a: 1, b: [x, y], c: {d: e}}\n${uses.join('')}`);
    expect(Object.keys(value as object)).toHaveLength(10_001);
  });

  it.each([
    ['scalars', (i: number) => `a${i}: &x${i} v\nb${i}: *x${i}\n`],
    ['mappings', (i: number) => `a${i}: &x${i} {v: 1}\nb${i}: *x${i}\n`],
  ])('of each of 30,000 anchors is read: %s', (_name, pair) => {
    const text = Array.from({ length: 30_000 }, (_, index) => pair(index)).join('');
    expect(Object.keys(parse(text).value as object)).toHaveLength(60_000);
  });

  it('cannot make a small file large', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const below = level === 0 ? 'lol' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => below).join(', ')}]\n`;
    });
    expect(refused(levels.join(''))).toEqual([expect.stringContaining('aliases expand to more than 250000')]);
    const merges = levels
      .join('')
      .replaceAll('[', '{<<: [')
      .replaceAll(']', ']}')
      .replaceAll('lol', '{b: 1}');
    expect(refused(merges)).toEqual([expect.stringContaining('aliases expand to more than 250000')]);
  });

  it.each(['a: &a [*a]', 'a: &a {b: {c: *a}}', 'a: &a\n  <<: *a', '&a [b, *a]'])(
    'cannot refer to a list or mapping around it: %j',
    (text) => {
      expect(refused(text)).toEqual([expect.stringContaining('contains itself; remove the alias')]);
    },
  );

  it('means the last anchor of its name before it', () => {
    expect(parse('a: &x 1\nb: *x\nc: &x 2\nd: *x').value).toEqual({ a: 1, b: 1, c: 2, d: 2 });
    const { locate } = parse('a: &x {k: 1}\nb: *x\nc: &x {k: 2}\nd: *x');
    expect(locate?.(['b', 'k'])).toEqual({ line: 1, column: 11 });
    expect(locate?.(['d', 'k'])).toEqual({ line: 3, column: 11 });
  });

  it('is the same object as its anchor', () => {
    const { a, b } = parse('a: &x {k: 1}\nb: *x').value as Record<string, object>;
    expect(a).toBe(b);
  });
});

describe('Several documents', () => {
  it.each([
    ['a: 1\n---\nb: [', { a: 1 }, 2],
    ['---\na: 1\n...\n---\nb: 2', { a: 1 }, 4],
    ['# x\n%YAML 1.2\n---\na: 1\n--- [', { a: 1 }, 5],
    ['a: 1\n...\n]', { a: 1 }, 3],
    ['a: |\n  ---\n  x\n---\nb', { a: '---\nx\n' }, 4],
    ['a: "x --- y"\r\n---\r\nb', { a: 'x --- y' }, 2],
  ])('%j: the first one is used, with a warning', (text, value, line) => {
    const parsed = parse(text);
    expect(parsed.value).toEqual(value);
    expect(parsed.warnings).toEqual([expect.objectContaining({ position: { line, column: 1 } })]);
  });

  it.each(['a: 1\n...\n', 'a: 1\n... # end\n# x\n', '---\na: 1\n', '...\n---\na: 1', 'a: 1\n...', 'a: ---'])(
    '%j is one document',
    (text) => {
      expect(parse(text).warnings).toEqual([]);
    },
  );
});

describe('locate', () => {
  it('finds block strings and quoted strings at their first character', () => {
    const { locate } = parse('a: |\n  x\n"b|": &x !!str >- # | c\n  y\nc: "z"\nd:\n- |\n  x\ne: ""\n');
    expect(locate?.(['a'])).toEqual({ line: 1, column: 4 });
    expect(locate?.(['b|'])).toEqual({ line: 3, column: 16 });
    expect(locate?.(['c'])).toEqual({ line: 5, column: 4 });
    expect(locate?.(['d', '0'])).toEqual({ line: 7, column: 3 });
    expect(locate?.(['e'])).toEqual({ line: 9, column: 4 });
    expect(locate?.(['b|'], 'key')).toEqual({ line: 3, column: 1 });
  });
});
