import fc from 'fast-check';
import { parse as parseToml, stringify as stringifyToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { parseContext } from '../support/parse-context.js';
import type { ParsedText, TextLocator } from '../../lib/formats/config-format.interface.js';
import { dotenvFormat } from '../../lib/formats/dotenv.format.js';
import { jsonFormat } from '../../lib/formats/json.format.js';
import { json5Format, jsoncFormat } from '../../lib/formats/loose-json.format.js';
import { tomlFormat } from '../../lib/formats/toml.format.js';
import { yamlFormat } from '../../lib/formats/yaml.format.js';
import type { TextPosition } from '../../lib/formats/text-position.js';
import { runs } from '../support/storm-run.js';

const context = parseContext('f');

const key = fc
  .oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('a', 'é', '😀', 'a b', '1', ':', '"', '#', '- x', 'null', '<<x'),
  )
  // `<<` is a merge key, and its value must be a mapping.
  .filter((name) => !['__proto__', 'constructor', 'prototype', '<<'].includes(name));

const { value: tree } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, '', '😀 x', '\n', 'a: b', '- c', '2'),
    ),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
}));

const document = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 5, noNullPrototype: true });

const { value: tomlTree } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom('', '😀 x', '\n', '[a]', 'b = 1')),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
}));

const tomlDocument = fc.dictionary(key, tomlTree, { minKeys: 1, maxKeys: 5, noNullPrototype: true });

/** Returns `true` if a text starts with a TOML value. */
function leadingToml(text: string, expected: unknown): boolean {
  for (let end = 1; end <= text.length; end += 1) {
    try {
      if (parseToml(`x = ${text.slice(0, end)}`)['x'] === expected) return true;
    } catch {
      // Not at its end yet.
    }
  }
  return false;
}

/** Lists each path of a tree with its value. */
function* pathsOf(value: unknown, path: string[] = []): Generator<[path: string[], value: unknown]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* pathsOf(member, [...path, name]);
}

function placeOf(locate: TextLocator | undefined, path: string[]): TextPosition {
  const position = locate?.(path);
  if (position === undefined) throw new Error(`no position of ${path.join('.')}`);
  return position;
}

function offsetOf(text: string, { line, column }: TextPosition): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  const characters = Array.from(lines[line - 1] ?? '');
  return before + characters.slice(0, column - 1).join('').length;
}

/** Parses the JSON value at the start of a text. */
function leadingJson(text: string): unknown {
  for (let end = 1; end <= text.length; end += 1) {
    if (!'}]"0123456789el'.includes(text[end - 1]!) || /\d/.test(text[end] ?? '')) continue;
    try {
      return JSON.parse(text.slice(0, end)) as unknown;
    } catch {
      // Not at its end yet.
    }
  }
  return undefined;
}

describe('locate', () => {
  it('finds the JSON text of each value', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { locate } = jsonFormat.parse(text, context) as ParsedText;
        for (const [path, expected] of pathsOf(value)) {
          const position = placeOf(locate, path);
          expect(leadingJson(text.slice(offsetOf(text, position)))).toEqual(expected);
        }
      }),
      runs(150),
    );
  });

  it('finds the text of each value between comments, in JSONC and JSON5', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(jsoncFormat, json5Format), (value, format) => {
        const text = JSON.stringify(value, null, 2).replaceAll(/\n(\s*)/g, '\n/* 😀 */ $1// x\n');
        const { value: read, locate } = format.parse(text, context) as ParsedText;
        expect(read).toEqual(value);
        for (const [path, expected] of pathsOf(value)) {
          if (typeof expected === 'object' && expected !== null) continue;
          const position = placeOf(locate, path);
          expect(leadingJson(text.slice(offsetOf(text, position)))).toEqual(expected);
        }
      }),
      runs(150),
    );
  });

  it('finds the TOML text of each value', async () => {
    await fc.assert(
      fc.asyncProperty(tomlDocument, async (value) => {
        const text = stringifyToml(value);
        const { value: read, locate } = await tomlFormat.parse(text, context);
        expect(read).toEqual(value);
        for (const [path, expected] of pathsOf(value)) {
          const position = placeOf(locate, path);
          if (typeof expected === 'object') continue;
          expect(leadingToml(text.slice(offsetOf(text, position)), expected)).toBe(true);
        }
      }),
      runs(150),
    );
  });

  it('finds TOML keys', async () => {
    await fc.assert(
      fc.asyncProperty(tomlDocument, async (value) => {
        const text = stringifyToml(value);
        const { locate } = await tomlFormat.parse(text, context);
        for (const [path, expected] of pathsOf(value)) {
          if (typeof expected === 'object' || path.some((name) => /^\d+$/.test(name))) continue;
          const position = locate?.(path, 'key');
          const name = path.at(-1)!;
          const line = text.slice(offsetOf(text, position!));
          expect(
            [name, JSON.stringify(name)].some((said) => line.startsWith(said) || line.startsWith('"')),
          ).toBe(true);
        }
      }),
      runs(100),
    );
  });

  it('finds the text that dotenv uses as the value', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_.-]{0,5}$/);
    const value = fc.oneof(
      fc.stringMatching(/^[a-z0-9:/@ ]{0,8}$/).map((text) => [text, text.trim()] as const),
      fc.stringMatching(/^[a-z#=' \n]{0,8}$/).map((text) => [`"${text}"`, text] as const),
      fc.stringMatching(/^[a-z#="]{0,8}$/).map((text) => [`'${text}'`, text] as const),
    );
    const line = fc.tuple(fc.constantFrom('', 'export ', '  '), name, fc.constantFrom('=', ' = '), value);
    fc.assert(
      fc.property(
        // A name that is assigned twice is refused.
        fc.uniqueArray(fc.oneof(line, fc.constant(undefined)), {
          minLength: 1,
          selector: (each) => each?.[1],
        }),
        (lines) => {
          const text = lines
            .map((each) => (each ? `${each[0]}${each[1]}${each[2]}${each[3][0]} # 😀` : '# x=1'))
            .join('\n');
          const last = new Map(lines.flatMap((each) => (each ? [[each[1], each] as const] : [])));
          const { value, locate } = dotenvFormat.parse(text, context) as ParsedText;
          expect(value ?? {}).toEqual(Object.fromEntries([...last].map(([key, each]) => [key, each[3][1]])));
          for (const [key, [, , , [written]]] of last) {
            expect(text.slice(offsetOf(text, placeOf(locate, [key])))).toSatisfy((at: string) =>
              at.startsWith(written.trim()),
            );
            expect(text.slice(offsetOf(text, locate!([key], 'key')!)).startsWith(key)).toBe(true);
          }
        },
      ),
      runs(300),
    );
  });

  it('finds the YAML text of each value', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('BLOCK' as const, 'FLOW' as const), (value, style) => {
        const text = stringify(value, {
          collectionStyle: style.toLowerCase() as 'block' | 'flow',
          aliasDuplicateObjects: false,
          blockQuote: false,
          lineWidth: 0,
        });
        const { value: read, locate } = yamlFormat.parse(text, context) as ParsedText;
        for (const [path, expected] of pathsOf(read)) {
          const position = placeOf(locate, path);
          if (typeof expected === 'object' && expected !== null) continue;
          expect([text.slice(offsetOf(text, position)), expected]).toSatisfy(
            ([at, value]: [string, unknown]) => saysScalar(at, value),
          );
        }
      }),
      runs(150),
    );
  });

  it('returns a position for each path that does not exist', () => {
    fc.assert(
      fc.property(document, key, (value, name) => {
        const json = JSON.stringify(value);
        for (const format of [jsonFormat, yamlFormat]) {
          const { locate } = format.parse(json, context) as ParsedText;
          for (const [path] of pathsOf(value)) expect(locate?.([...path, `${name} is absent`])).toBeDefined();
        }
      }),
      runs(100),
    );
  });
});

/** Returns `true` if YAML text without block scalars starts with this scalar. */
function saysScalar(text: string, expected: unknown): boolean {
  const quoted = /^"(?:[^"\\]|\\[^])*"|^'(?:[^']|'')*'/.exec(text)?.[0];
  if (quoted !== undefined) return parseYaml(quoted) === expected;
  if (typeof expected === 'string') return text.startsWith(expected);
  return parseYaml(/^[^\s,\]}]+/.exec(text)?.[0] ?? '') === expected;
}
