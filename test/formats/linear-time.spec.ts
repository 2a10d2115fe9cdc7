import { describe, expect, it } from 'vitest';
import type { ConfigFormat } from '../../lib/formats/config-format.interface.js';
import { dotenvFormat } from '../../lib/formats/dotenv.format.js';
import { jsonFormat } from '../../lib/formats/json.format.js';
import { json5Format } from '../../lib/formats/loose-json.format.js';
import { tomlFormat } from '../../lib/formats/toml.format.js';
import { yamlFormat } from '../../lib/formats/yaml.format.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { parseContext } from '../support/parse-context.js';
import { isStormRun } from '../support/storm-run.js';
import { growth, LINEAR } from '../support/growth.js';

const limits = { ...DEFAULT_CONTENT_LIMITS, maxKeys: 10_000_000, maxAliasCount: 10_000_000 };

async function parse(format: ConfigFormat, text: string) {
  try {
    return await format.parse(text, parseContext('app', { limits, hasSchema: false }));
  } catch (error) {
    return { error, value: {} };
  }
}

const KB = 1024;

/** The larger size, in characters. 1 MB takes too long for each change: `npm run test:storms` has it. */
const LARGE = (isStormRun ? 1024 : 256) * KB;

/** Repeats a unit up to a size in characters. */
function fill(size: number, unit: (index: number) => string): string {
  const units: string[] = [];
  for (let length = 0; length < size;) length += units[units.push(unit(units.length)) - 1]!.length;
  return units.join('');
}

describe('Parsing takes linear time', () => {
  const texts: readonly (readonly [string, ConfigFormat, (size: number) => string])[] = [
    [
      'aliases of their own anchors',
      yamlFormat,
      (size) => fill(size, (i) => `a${i}: &a${i} 1\nb${i}: *a${i}\n`),
    ],
    ['aliases of one name', yamlFormat, (size) => fill(size, (i) => `a${i}: &a 1\nb${i}: *a\n`)],
    [
      'merges',
      yamlFormat,
      (size) => `base: &base {x: 1}\n${fill(size, (i) => `k${i}:\n  <<: *base\n  y: ${i}\n`)}`,
    ],
    [
      'tags with prefixes',
      yamlFormat,
      (size) =>
        `${fill(size / 2, (i) => `%TAG !t${i}! tag:x,${i}:\n`)}---\n${fill(size / 4, (i) => `k${i}: !t${i}!x v\n`)}`,
    ],
    ['escaped line breaks', yamlFormat, (size) => `a: "${fill(size, () => 'x\\\n\n\n  ')}"\n`],
    ['backslashes in JSON', jsonFormat, (size) => `{"a":"${fill(size, () => '\\\\\\"')}"}`],
    ['comments in JSON5', json5Format, (size) => `{${fill(size, () => '/* x */')}a:1}`],
    ['escaped quotes before #', dotenvFormat, (size) => `A='${fill(size, () => "\\'#")}\nB=1\n`],
    ['dotted keys in TOML', tomlFormat, (size) => fill(size, (i) => `t.t${i}.a = 1\n`)],
  ];

  it.each(texts)('of %s', { timeout: 120_000 }, async (_name, format, textOf) => {
    expect(await growth((text) => parse(format, text), textOf(LARGE / 4), textOf(LARGE))).toBeLessThan(
      LINEAR,
    );
  });
});

describe('Finding all places takes linear time', () => {
  const texts: readonly (readonly [string, ConfigFormat, (size: number) => string])[] = [
    ['aliases of one name', yamlFormat, (size) => fill(size, (i) => `a${i}: &a 1\nb${i}: *a\n`)],
    ['one line', yamlFormat, (size) => `{${fill(size, (i) => `k${i}: ${i}, `)}z: 1}\n`],
    [
      'one line of characters of two units',
      json5Format,
      (size) => `{${fill(size, (i) => `k${i}:'😀',`)}z:1}`,
    ],
  ];

  it.each(texts)('in %s', { timeout: 120_000 }, async (_name, format, textOf) => {
    const places = async (text: string) => {
      const {
        value,
        locate,
        textOf: charactersOf,
      } = (await parse(format, text)) as Awaited<ReturnType<ConfigFormat['parse']>>;
      for (const key of Object.keys(value as object)) {
        locate!([key]);
        charactersOf!([key]);
      }
    };
    expect(await growth(places, textOf(LARGE / 4), textOf(LARGE))).toBeLessThan(LINEAR);
  });

  it('in a list of empty items', { timeout: 120_000 }, async () => {
    const places = async (text: string) => {
      const { value, locate } = (await parse(yamlFormat, text)) as Awaited<ReturnType<ConfigFormat['parse']>>;
      const { length } = (value as { l: unknown[] }).l;
      for (let index = 0; index < length; index += 1) locate!(['l', String(index)]);
      return locate!(['l', String(length - 1)]);
    };
    const textOf = (size: number) => `l:\n${fill(size, () => '  -\n')}`;
    expect(await growth(places, textOf(LARGE / 4), textOf(LARGE))).toBeLessThan(LINEAR);
    expect(await places('l:\n  -\n  - # x\n  -\n')).toEqual({ line: 4, column: 3 });
  });
});
