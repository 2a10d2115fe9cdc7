import assert from 'node:assert/strict';
import { parse as parseDotenv } from 'dotenv';
import json5 from 'json5';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { dotenvFormat } from '../../../lib/formats/dotenv.format.js';
import type { ConfigFormat } from '../../../lib/formats/config-format.interface.js';
import { FormatError } from '../../../lib/formats/format.error.js';
import { jsonFormat } from '../../../lib/formats/json.format.js';
import { json5Format, jsoncFormat } from '../../../lib/formats/loose-json.format.js';
import { tomlFormat } from '../../../lib/formats/toml.format.js';
import { yamlFormat } from '../../../lib/formats/yaml.format.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { findForbiddenKeys } from '../../../lib/limits/forbidden-keys.js';
import { formatIssues } from '../../../lib/model/format-issues.js';
import { valueAt } from '../../../lib/model/paths.js';
import type { ConfigOrigin } from '../../../lib/model/origin.interface.js';
import {
  type FileContent,
  isContent,
  parseContent,
  sha256,
  type UnusableContent,
} from '../../../lib/sources/content/parse-content.js';
import { isSecretPath } from '../../../lib/secrets/secret-names.js';
import { decodeUtf8 } from '../../../lib/sources/content/decode-utf8.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkMessage, checkPrototypes, outcomeOf, pathsOf } from './promises.js';

/** Small ones, so that inputs reach them. */
const LIMITS = { ...DEFAULT_CONTENT_LIMITS, maxDepth: 12, maxKeys: 400, maxAliasCount: 300 };

const FILE = 'app.conf';

/** Returns the value that another parser reads; undefined if it refuses the text. */
type Reference = (text: string) => { readonly value: unknown } | undefined;

/** Creates the target of a format. What the format accepts, the reference must read as the same value. */
function formatTarget(
  format: ConfigFormat,
  words: readonly string[],
  workPerByte: number,
  reference?: Reference,
): FuzzTarget {
  return {
    name: format.name.toLowerCase(),
    words,
    workPerByte,
    async run(input) {
      const result = await parse(format, input);
      const again = await parse(format, input);
      assert.deepEqual(plain(again), plain(result), 'the same bytes have another result');
      checkPrototypes();
      if (isContent(result)) checkContent(result, format, input, reference);
      else {
        checkIssues(result);
        await checkRefusal(format, input);
      }
    },
  };
}

function parse(format: ConfigFormat, bytes: Buffer): Promise<FileContent | UnusableContent> {
  const place = { source: 'source', file: FILE, mount: [] };
  return parseContent(bytes, sha256(bytes), format, place, { limits: LIMITS });
}

function plain(result: FileContent | UnusableContent): object {
  return isContent(result) ? { value: result.value, warnings: result.warnings } : result;
}

function checkIssues({ issues }: UnusableContent): void {
  assert(issues.length > 0, 'it is refused without an issue');
  for (const { message, origin } of issues) {
    checkMessage(message);
    assert.equal(origin?.file, FILE, 'an issue does not name the file');
  }
  assert.equal(formatIssues(issues).split('\n').length, issues.length, 'an issue has several lines');
}

/** A format refuses a text on purpose: another error of its code would become an issue too, and nobody would see it. */
async function checkRefusal(format: ConfigFormat, input: Buffer): Promise<void> {
  try {
    await format.parse(decodeUtf8(input), {
      file: FILE,
      limits: LIMITS,
      isSecret: isSecretPath,
      hasSchema: false,
    });
  } catch (error) {
    const isDeep = error instanceof RangeError && error.message.includes('call stack');
    if (!(error instanceof FormatError) && !isDeep) throw error;
  }
}

function checkContent(
  content: FileContent,
  format: ConfigFormat,
  input: Buffer,
  reference?: Reference,
): void {
  const { value, warnings } = content;
  for (const { message } of warnings) checkMessage(message);
  assert.deepEqual(findForbiddenKeys(value), [], 'it has a forbidden key');
  const text = input.toString();
  const lines = text.split('\n');
  for (const [path, member] of pathsOf(value)) {
    for (const origin of [content.locate(path), content.locate(path, 'key')]) checkPlace(origin, lines);
    const characters = content.textOf(path);
    if (format.stringsOnly || member instanceof Date) continue;
    if (typeof member === 'number' || typeof member === 'boolean')
      assert(text.includes(characters ?? '\0'), `the characters of ${path.join('.')} are ${characters}`);
  }
  checkPlace(content.locate(['absent', '0']), lines);
  const expected = reference?.(text.replace(/^\ufeff/, ''));
  if (expected !== undefined)
    assert.deepEqual(value ?? null, likeDates(expected.value, value), 'another parser reads another value');
}

/** Returns the expected value with the dates of the actual one: parsers disagree about their type. */
function likeDates(expected: unknown, actual: unknown): unknown {
  if (expected instanceof Date) return actual;
  if (typeof expected !== 'object' || expected === null) return expected;
  const members = Object.entries(expected).map(([key, member]): [string, unknown] => [
    key,
    likeDates(member, valueAt(actual, [key])),
  ]);
  return Array.isArray(expected) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

function emptyAsNull(value: object): object | null {
  return Object.keys(value).length === 0 ? null : value;
}

function json5Value(text: string): { readonly value: unknown } | undefined {
  return outcomeOf(() => json5.parse<unknown>(text));
}

function checkPlace({ file, line, column }: ConfigOrigin, lines: readonly string[]): void {
  assert.equal(file, FILE);
  if (line === undefined) return;
  const length = lines[line - 1]?.length;
  assert(length !== undefined, `line ${line} of ${lines.length} is behind the end`);
  assert(column! >= 1 && column! <= length + 1, `column ${column} of ${length} is behind the end`);
}

const JSON_WORDS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"a"',
  '"a":',
  '"b":1,',
  'null',
  'true',
  'false',
  '-0',
  '1.5e3',
  '0.1',
  '123456789012345678901',
  '"\\u0061"',
  '\\ud83d\\ude00',
  '\\u',
  '\\n',
  '[[[[',
  '{"a":',
];
const LOOSE_WORDS = [...JSON_WORDS, '//', '/*', '*/', '// c\n', ',]', ',}'];

export const FORMAT_TARGETS: readonly FuzzTarget[] = [
  formatTarget(jsonFormat, JSON_WORDS, 3_000, (text) => ({
    value: text.trim() === '' ? null : (JSON.parse(text) as unknown),
  })),
  formatTarget(jsoncFormat, LOOSE_WORDS, 3_000, json5Value),
  formatTarget(
    json5Format,
    [
      ...LOOSE_WORDS,
      "'",
      'Infinity',
      'NaN',
      '+',
      '0x1F',
      '.5',
      '5.',
      '\\\n',
      '\\x41',
      '\\v',
      '\\0',
      '$a:',
      '\\u0061:',
      'a1_:',
      '\u2028',
    ],
    3_000,
    json5Value,
  ),
  formatTarget(
    yamlFormat,
    [
      'a: ',
      'b: ',
      '\n',
      '\n  ',
      '- ',
      '? ',
      ': ',
      '&a ',
      '*a',
      '*a\n',
      '<<: ',
      '<<: *a\n',
      '<<: [*a, *b]',
      '|',
      '|-',
      '|2',
      '>',
      '>+',
      '>-\n',
      '---\n',
      '...\n',
      '%YAML 1.2\n',
      '%YAML 1.0\n---\n',
      '%TAG ! tag:x,1:\n',
      '!!str ',
      '!!int ',
      '!!float ',
      '!!set ',
      '!!binary ',
      '!!null ',
      '!!map ',
      '!!seq ',
      '!!merge ',
      '!x ',
      '!<x> ',
      '! ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '\\x41',
      '\\u263a',
      '\\U0001f600',
      '# c\n',
      '~',
      'null',
      'yes',
      '0o17',
      '0x1F',
      '.inf',
      '-.INF',
      '.nan',
      '1_000',
      '4.10',
      '2001-12-14',
      '1:30',
      '=',
      '@',
      '\t',
    ],
    6_000,
  ),
  formatTarget(
    tomlFormat,
    [
      'a = ',
      'b.c = ',
      '\n',
      '[a]\n',
      '[[a]]\n',
      '[a.b]\n',
      '["a b"]\n',
      '"""',
      "'''",
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ', ',
      '1979-05-27T07:32:00Z',
      '1979-05-27',
      '07:32:00',
      '07:32',
      ' 00:32:00.999999-07:00',
      '0x1F',
      '0o17',
      '0b1',
      '1_000',
      '+1',
      '-0',
      '1e6',
      'inf',
      '-nan',
      'true',
      'false',
      '# c\n',
      '\\x41',
      '\\e',
      '\\u00e9',
      '\\U0001f600',
      '\\\n',
      '9223372036854775807',
    ],
    6_000,
    // In strings of several lines, parsers may read a line break as they like.
    (text) =>
      text.includes('\r')
        ? undefined
        : outcomeOf(() => emptyAsNull(getStaticTOMLValue(parseTOML(text, { tomlVersion: '1.1' })))),
  ),
  formatTarget(
    dotenvFormat,
    [
      'A=',
      'B=',
      'export ',
      'C: ',
      '\n',
      '"',
      "'",
      '`',
      '#',
      ' # c',
      '\\n',
      '\\"',
      '=',
      ' = ',
      '\n\n\n\n',
      '.',
      '-',
      '${A}',
      '$A',
      '\r\n',
    ],
    3_000,
    (text) => ({ value: emptyAsNull(parseDotenv(text)) }),
  ),
];
