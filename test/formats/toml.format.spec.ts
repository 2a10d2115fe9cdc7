import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { isContent, parseContent, sha256 } from '../../lib/sources/content/parse-content.js';
import type { TextProblem } from '../../lib/formats/config-format.interface.js';
import { FormatError } from '../../lib/formats/format.error.js';
import { importParser } from '../../lib/util/import-optional.js';
import { tomlFormat } from '../../lib/formats/toml.format.js';
import { parseContext } from '../support/parse-context.js';

const context = parseContext('app.toml');
const parse = async (text: string) => tomlFormat.parse(text, context);

async function problemsOf(text: string): Promise<readonly TextProblem[]> {
  try {
    await parse(text);
  } catch (error) {
    if (error instanceof FormatError) return error.problems;
    throw error;
  }
  return [];
}

/** The messages that a source reports for a text. */
async function messagesOf(text: string): Promise<string[]> {
  const place = { source: 'app.toml', file: 'app.toml', mount: [] };
  const bytes = Buffer.from(text);
  const result = await parseContent(bytes, sha256(bytes), tomlFormat, place, {
    limits: DEFAULT_CONTENT_LIMITS,
  });
  return isContent(result) ? [] : result.issues.map(({ message }) => message);
}

const DOCUMENT = `title = "x"
owner.name = 'Ada'

[servers."npc.dialogue"]
ports = [ 1, { at = 2, deep.er = true } ]

[[fruits]]
name = "apple"

[[fruits]]
name = "pear"
[[fruits.kinds]]
n = 1
`;

describe('tomlFormat', () => {
  it('reads tables, lists of tables, dotted keys and inline tables', async () => {
    expect((await parse(DOCUMENT)).value).toEqual({
      title: 'x',
      owner: { name: 'Ada' },
      servers: { 'npc.dialogue': { ports: [1, { at: 2, deep: { er: true } }] } },
      fruits: [{ name: 'apple' }, { name: 'pear', kinds: [{ n: 1 }] }],
    });
  });

  it.each([
    [['title'], 1, 9],
    [['owner', 'name'], 2, 14],
    [['owner'], 2, 1],
    [['servers', 'npc.dialogue'], 4, 10],
    [['servers', 'npc.dialogue', 'ports', '0'], 5, 11],
    [['servers', 'npc.dialogue', 'ports', '1', 'at'], 5, 21],
    [['servers', 'npc.dialogue', 'ports', '1', 'deep', 'er'], 5, 34],
    [['fruits', '0', 'name'], 8, 8],
    [['fruits', '1'], 10, 1],
    [['fruits', '1', 'name'], 11, 8],
    [['fruits', '1', 'kinds', '0', 'n'], 13, 5],
    [['fruits', '1', 'colour'], 10, 1],
    [['servers', 'main', 'port'], 4, 2],
  ])('returns the position of %j', async (path, line, column) => {
    expect((await parse(DOCUMENT)).locate?.(path)).toEqual({ line, column });
  });

  it('returns the positions of keys', async () => {
    const { locate } = await parse(DOCUMENT);
    expect(locate?.(['owner', 'name'], 'key')).toEqual({ line: 2, column: 7 });
    expect(locate?.(['fruits', '1', 'kinds'], 'key')).toEqual({ line: 12, column: 10 });
  });

  it('returns dates with an offset as Date, and other dates and times as strings', async () => {
    const { value } = await parse('at = 1979-05-27T07:32:00Z\nday = 1979-05-27\n[[x]]\ntime = [07:32:00]\n');
    expect(value).toEqual({
      at: new Date('1979-05-27T07:32:00Z'),
      day: '1979-05-27',
      x: [{ time: ['07:32:00'] }],
    });
    expect(Object.getPrototypeOf((value as { at: Date }).at)).toBe(Date.prototype);
  });

  it.each([
    '1979-05-27 07:32:00.999999',
    '1979-05-27t07:32',
    '00:32:00.123456789',
    '17:45',
    '0001-01-01',
    '2000-02-29',
  ])('returns %s as it is written, with all digits', async (written) => {
    expect((await parse(`at = ${written}`)).value).toEqual({ at: written });
  });

  it.each([
    ['1988-02-30', '1988-02-30'],
    ['2021-04-31T10:00:00', '2021-04-31T10:00:00'],
    ['2100-02-29 15:15:15Z', '2100-02-29 15:15:15Z'],
    ['[1, 2023-02-29T00:00:00+02:00]', '2023-02-29T00:00:00+02:00'],
  ])('refuses the date %s, which is not in the calendar, with its place', async (value, written) => {
    const [problem, ...others] = await problemsOf(`[a]\n"due.on" = ${value}`);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ position: { line: 2, column: value.startsWith('[') ? 16 : 12 } });
    expect(problem?.message).toContain(`is ${written}, a date that does not exist; correct it`);
    expect(problem?.path?.slice(0, 2)).toEqual(['a', 'due.on']);
  });

  it.each([
    '1979-05-27T24:00:00',
    '24:00:00',
    '12:60:00',
    '1979-13-01',
    '1979-05-32',
    '1979-05-27T07:32:00+24:00',
  ])('refuses %s, which is no date or time', async (value) => {
    expect(await problemsOf(`x = 1\na = ${value}`)).toEqual([
      { message: expect.stringMatching(/no such date or time/), position: { line: 2, column: 5 } },
    ]);
  });

  it('does not take a date in a string or a comment for a date', async () => {
    const { value, warnings } = await parse('# 1988-02-30\na = "1988-02-30"\nb = 1988-02-28');
    expect(value).toEqual({ a: '1988-02-30', b: '1988-02-28' });
    expect(warnings).toEqual([]);
  });

  it('warns of digits that a Date cannot hold', async () => {
    const { value, warnings } = await parse(
      'a = 1979-05-27T00:32:00.999999Z\nb = 1979-05-27T00:32:00.120000Z',
    );
    expect(value).toEqual({
      a: new Date('1979-05-27T00:32:00.999Z'),
      b: new Date('1979-05-27T00:32:00.120Z'),
    });
    expect(warnings).toEqual([
      {
        path: ['a'],
        position: { line: 1, column: 5 },
        message:
          'a is 1979-05-27T00:32:00.999999Z, but a Date has milliseconds only, and the digits after them are dropped; remove them, or put it in quotes',
      },
    ]);
  });

  it.each([
    '738529527931269425',
    '9_007_199_254_740_993',
    '-9223372036854775807',
    '0xdead_beef_dead_beef',
    '0o7777777777777777777777',
    '0b111111111111111111111111111111111111111111111111111111',
    '3.141592653589793238',
    '9007199254740993.0',
    '1e400',
    '1e-400',
    '1_0.000_000_000_000_000_000_1',
  ])('refuses the number %s, which would become another one', async (written) => {
    const problems = await problemsOf(`x = "1e400"\n[[bots]]\n[[bots]]\nchat_id = ${written}`);
    expect(problems).toEqual([
      {
        path: ['bots', '1', 'chat_id'],
        position: { line: 4, column: 11 },
        message: expect.stringMatching(/put it in quotes$/),
      },
    ]);
    expect(problems[0]!.message).toContain(`bots.1.chat_id is ${written}, which `);
  });

  it.each([
    ['9007199254740992', 9007199254740992],
    ['0x7fff_ffff', 0x7fffffff],
    ['1e3', 1000],
    ['6.626e-34', 6.626e-34],
    ['1_000.5', 1000.5],
    ['0.30000000000000004', 0.30000000000000004],
    ['-0.0', -0],
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['nan', Number.NaN],
  ])('returns the number %s', async (written, number) => {
    expect((await parse(`a = ${written}`)).value).toEqual({ a: number });
  });

  it('does not quote a secret number or date', async () => {
    const problems = await problemsOf('pin_secret = 738529527931269425\npassword = 1988-02-30');
    expect(problems).toMatchObject([{ path: ['pin_secret'] }, { path: ['password'] }]);
    expect(problems[0]?.message).toBe(
      'pin_secret is a number that has more digits than a number can hold exactly; put it in quotes',
    );
    expect(JSON.stringify(problems)).not.toMatch(/7385|1988/);
  });

  it('returns the characters of numbers and booleans', async () => {
    const { textOf } = await parse('a = 4.10\nb.c = [0x1F, true, "x", 1979-05-27]\n[t]\nd = +1_000');
    expect(textOf?.(['a'])).toBe('4.10');
    expect(['0', '1', '2', '3', '4'].map((index) => textOf?.(['b', 'c', index]))).toEqual([
      '0x1F',
      'true',
      undefined,
      undefined,
      undefined,
    ]);
    expect(textOf?.(['t', 'd'])).toBe('+1_000');
    expect(textOf?.(['t'])).toBeUndefined();
  });

  it('reads TOML 1.1: line breaks and a trailing comma in inline tables, \\e and \\x escapes', async () => {
    expect((await parse('a = {\n  b = "\\x41", # c\n  d = 1,\n}')).value).toEqual({ a: { b: 'A', d: 1 } });
  });

  it.each(['\f', '\v', '\ufeffa = 1'])('refuses %j, which TOML does not allow', async (text) => {
    expect(await problemsOf(text)).toHaveLength(1);
  });

  it.each(['', ' \n', '# only a comment\n'])('returns no value for %j', async (text) => {
    expect((await parse(text)).value).toBeUndefined();
  });

  it.each([
    ['a = ', 1, /invalid value|key-value/],
    ['a = 1\na = 2', 2, /already defined/],
    ['[a]\n[a]', 2, /already defined/],
    ['x = 1\n"😀" = "a', 2, /unfinished string/],
  ])('reports the position of the syntax error in %j', async (text, line, message) => {
    expect(await problemsOf(text)).toEqual([
      { message: expect.stringMatching(message), position: { line, column: expect.any(Number) } },
    ]);
  });

  it('does not quote the text in errors, because it may contain secrets', async () => {
    for (const text of ['password = hunter2', 'password = "hunter2', 'password = "x" hunter2']) {
      const problems = await problemsOf(text);
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });

  it.each([
    ['__proto__.polluted = 1', /__proto__.*not allowed/],
    ['[a.constructor]\nb = 1', /constructor.*not allowed/],
    ['a = [{ prototype = 1 }]', /prototype.*not allowed/],
    [`a = ${'['.repeat(50_000)}${']'.repeat(50_000)}`, /is nested too deeply/],
    [`a = ${'{ b = '.repeat(50_000)}1${'}'.repeat(50_000)}`, /is nested too deeply/],
    [`${'a.'.repeat(2_000)}b = 1`, /is nested/],
  ])('rejects harmful content: %.40s', async (text, message) => {
    expect(await messagesOf(text)).toEqual([expect.stringMatching(message)]);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('finds positions among 25,000 keys', async () => {
    const text = Array.from({ length: 25_000 }, (_, n) => `${n % 100 ? '' : `[t${n}]\n`}k${n} = ${n}`).join(
      '\n',
    );
    const { locate } = await parse(text);
    expect(locate?.(['t24900', 'k24999'])).toEqual({ line: 25_250, column: 10 });
  });

  it('refuses more values than a quarter of maxKeys, because its parser takes much memory for each', async () => {
    const text = Array.from({ length: 30_001 }, (_, n) => `k${n} = ${n}`).join('\n');
    await expect(parse(text)).rejects.toThrow(
      /more than 30000 keys .* counts as 4 in TOML \(limit maxKeys\)/,
    );
  });
});

describe('A parser that is not installed', () => {
  it('is named in the error, with the command that installs it', async () => {
    const missing = 'a-package-that-is-not-there';
    await expect(importParser('smol-toml', () => import(missing))).rejects.toThrow(
      'needs the package smol-toml, which is not installed; run: npm install smol-toml',
    );
  });

  it('is not reported as missing if its import fails for another reason', async () => {
    const failed = importParser('smol-toml', () => Promise.reject(new Error('broken')));
    await expect(failed).rejects.toThrow('broken');
  });
});
