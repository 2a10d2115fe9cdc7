import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { isContent, parseContent, sha256 } from '../../lib/sources/content/parse-content.js';
import { decodeUtf8 } from '../../lib/sources/content/decode-utf8.js';
import type { ConfigFormat } from '../../lib/formats/config-format.interface.js';
import { jsonFormat } from '../../lib/formats/json.format.js';
import { dotenvFormat } from '../../lib/formats/dotenv.format.js';
import { json5Format, jsoncFormat } from '../../lib/formats/loose-json.format.js';
import { tomlFormat } from '../../lib/formats/toml.format.js';
import { textFormat } from '../../lib/formats/text.format.js';
import { yamlFormat } from '../../lib/formats/yaml.format.js';
import { runs } from '../support/storm-run.js';

const formats: [string, ConfigFormat][] = [
  jsonFormat,
  jsoncFormat,
  json5Format,
  yamlFormat,
  tomlFormat,
  dotenvFormat,
  textFormat,
].map((format) => [format.name, format]);

const parse = (format: ConfigFormat, bytes: Buffer) =>
  parseContent(
    bytes,
    sha256(bytes),
    format,
    { source: 's', file: 'f', mount: [] },
    { limits: DEFAULT_CONTENT_LIMITS },
  );

// Thousands of runs, possibly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/**
 * Lists the promises that a format breaks for these bytes: it must return content that locates its values, or issues of
 * one line each that name the file, in limited time.
 */
async function brokenPromisesOf(format: ConfigFormat, bytes: Buffer): Promise<string[]> {
  const begin = process.cpuUsage();
  const result = await parse(format, bytes);
  const broken: string[] = [];
  if (isContent(result)) {
    result.locate(['a', '0', 'b']);
    result.locate(['a'], 'key');
  } else {
    if (result.issues.length === 0) broken.push('fails without an issue');
    for (const { origin, message } of result.issues) {
      if (origin?.source !== 's' || origin.file !== 'f') broken.push(`has no origin: ${message}`);
      if (/\p{Cc}/u.test(message)) broken.push(`is not printable: ${message}`);
    }
  }
  // CPU time, because the machine may be busy with other work.
  const { user, system } = process.cpuUsage(begin);
  if (user + system > 10_000_000) broken.push('takes too long');
  return broken;
}

const DOCUMENTS = [
  '{"a":[1,2,{"b":null}],"c":"\\u00e9","d":{"e":-1.5e3,"f":true}}',
  'a: &x\n  b: [1, "two", {c: 3}]\nd:\n  <<: *x\n  e: |\n    text\n  ? f\n  : !!float 7\n---\ng: 1\n',
  "// c\n{a: [0x1f, .5, +1, NaN], 'b': 'x\\\ny', /* c */ \"d\": {e: -Infinity,},}",
  'a = 1\n[b.c]\nd = [1, {e = "x", f.g = 1979-05-27}]\n[[h]]\n"i j" = "y"\n[[h]]\nk = [\n2]\n',
  'A=1\nexport B="x\ny" # c\nC: v\nD=`a b`\nE=\nF.g-h=5\n',
  '# comment\nlist:\n- a\n- - b\n  - c: >-\n      folded\n    d: \'q\'\n"k": ~\n',
];

/** Pieces that mean something in one of the formats. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  "'",
  '\\',
  '\n',
  '\r',
  '\t',
  ' ',
  '- ',
  '? ',
  '&x ',
  '*x',
  '<<: ',
  '|',
  '>',
  '%',
  '@',
  '---\n',
  '!!set ',
  '__proto__',
  '\0',
  '\ufeff',
  '😀',
  '\ud800',
  '#',
  'a=',
  '[[a]]\n',
  'a.b.c=1\n',
  '//',
  '/*',
  '0x',
  '\u2028',
  '"""',
  '`',
];

const mutated = fc
  .tuple(
    fc.constantFrom(...DOCUMENTS),
    fc.array(fc.tuple(fc.nat(120), fc.nat(3), fc.constantFrom(...PIECES)), { maxLength: 6 }),
  )
  .map(([document, edits]) =>
    edits.reduce(
      (text, [at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed),
      document,
    ),
  );

describe.each(formats)('The %s format, for any input', (_name, format) => {
  it('returns content or issues for random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await brokenPromisesOf(format, Buffer.from(bytes))).toEqual([]);
      }),
      runs(600),
    );
  });

  it('returns content or issues for damaged documents', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        expect(await brokenPromisesOf(format, Buffer.from(text))).toEqual([]);
      }),
      runs(1_000),
    );
  });

  it('returns content or issues for a random sequence of tokens', async () => {
    const soup = fc
      .array(fc.constantFrom(...PIECES, 'a', '1'), { maxLength: 60 })
      .map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        expect(await brokenPromisesOf(format, Buffer.from(text))).toEqual([]);
      }),
      runs(1_000),
    );
  });

  it.each(PIECES)('ends in limited time for %j repeated 20,000 times', async (piece) => {
    expect(await brokenPromisesOf(format, Buffer.from(piece.repeat(20_000)))).toEqual([]);
  });
});

describe('JSON', () => {
  const forbidden = /"(?:__proto__|constructor|prototype)"/;

  it('is parsed like JSON.parse does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 5 }),
        fc.constantFrom(undefined, 1, '\t'),
        async (json, indent) => {
          // It prints large integers with zeros for digits that they do not have.
          fc.pre(!forbidden.test(json) && !/\d{16}0/.test(json));
          const value: unknown = JSON.parse(json);
          const result = await parse(jsonFormat, Buffer.from(JSON.stringify(value, null, indent)));
          expect(isContent(result) && (result.value ?? null)).toEqual(value);
        },
      ),
      runs(500),
    );
  });

  it('is rejected if JSON.parse rejects it', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        fc.pre(text.trim() !== '' && !text.startsWith('\ufeff'));
        fc.pre(outcomeOf(() => JSON.parse(text) as unknown) === REFUSED);
        expect(isContent(await parse(jsonFormat, Buffer.from(text)))).toBe(false);
      }),
      runs(1_000),
    );
  });
});

describe('decodeUtf8', () => {
  it('accepts exactly the valid UTF-8, and decodes it like TextDecoder', () => {
    const bytes = fc.array(
      fc.oneof(fc.constantFrom(0x0a, 0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(bytes, (array) => {
        const buffer = Buffer.from(array);
        const expected = outcomeOf(() => new TextDecoder('utf-8', { fatal: true }).decode(buffer));
        expect(outcomeOf(() => decodeUtf8(buffer))).toBe(expected);
      }),
      runs(3_000),
    );
  });
});

const REFUSED = Symbol('refused');

function outcomeOf<T>(run: () => T): T | typeof REFUSED {
  try {
    return run();
  } catch {
    return REFUSED;
  }
}
