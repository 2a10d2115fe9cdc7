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
      x: [{ time: ['07:32:00.000'] }],
    });
    expect(Object.getPrototypeOf((value as { at: Date }).at)).toBe(Date.prototype);
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

  it('finds positions among 100,000 keys', async () => {
    const text = Array.from({ length: 100_000 }, (_, n) => `${n % 100 ? '' : `[t${n}]\n`}k${n} = ${n}`).join(
      '\n',
    );
    const { locate } = await parse(text);
    expect(locate?.(['t99900', 'k99999'])).toEqual({ line: 101_000, column: 10 });
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
