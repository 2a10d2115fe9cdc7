import 'reflect-metadata';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, ValidateNested } from 'class-validator';
import Joi from 'joi';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigOptionsError, type ConfigSchema } from 'nestjs-hot-config';
import { formatPath } from '../../lib/model/paths.js';
import { schemaOf } from '../../lib/validation/schema-of.js';

async function check(schema: ConfigSchema | readonly ConfigSchema[], tree: Record<string, unknown>) {
  const { value, issues, unknownKeys } = await schemaOf(schema).check(tree);
  return {
    value,
    paths: issues.map(({ path }) => formatPath(path)).sort(),
    messages: issues.map(({ message }) => message).sort(),
    unknown: unknownKeys.map(({ path, suggestion }) => [formatPath(path), suggestion]),
  };
}

/** One schema in the language of each library: defaults, a transform, nesting, a list. */
const schemas: [string, ConfigSchema][] = [
  [
    'zod',
    z.object({
      llm: z.object({
        model: z.string().trim(),
        temperature: z.number().max(2).default(1),
        api_key: z.string().min(10).optional(),
      }),
      ports: z.array(z.number()).default([80]),
    }),
  ],
  [
    'Valibot',
    v.object({
      llm: v.object({
        model: v.pipe(v.string(), v.trim()),
        temperature: v.optional(v.pipe(v.number(), v.maxValue(2)), 1),
        api_key: v.optional(v.pipe(v.string(), v.minLength(10))),
      }),
      ports: v.optional(v.array(v.number()), [80]),
    }),
  ],
  [
    'ArkType',
    type({
      '+': 'delete',
      llm: {
        '+': 'delete',
        model: 'string.trim',
        temperature: 'number <= 2 = 1',
        'api_key?': 'string >= 10',
      },
      ports: type('number[]').default(() => [80]),
    }) as ConfigSchema,
  ],
  [
    'Joi',
    Joi.object({
      llm: Joi.object({
        model: Joi.string().trim().required(),
        temperature: Joi.number().strict().max(2).default(1),
        api_key: Joi.string().min(10),
      }).required(),
      ports: Joi.array().items(Joi.number().strict()).default([80]),
    }) as ConfigSchema,
  ],
];

describe.each(schemas)('A schema of %s', (_name, schema) => {
  it('returns the value, with defaults and transforms', async () => {
    const { value, paths } = await check(schema, { llm: { model: ' small ' } });
    expect(paths).toEqual([]);
    expect(value).toEqual({ llm: { model: 'small', temperature: 1 }, ports: [80] });
  });

  it('reports every issue with its path and value', async () => {
    const { paths, messages } = await check(schema, { llm: { model: 7, temperature: 3 }, ports: [1, 'x'] });
    expect(paths).toEqual(['llm.model', 'llm.temperature', 'ports.1']);
    expect(messages).toEqual([
      expect.stringMatching(/^llm\.model\b.*(was (?:7|a number)|received 7)/),
      expect.stringMatching(/^llm\.temperature\b.*(was 3|received 3)/),
      expect.stringMatching(/^ports\.1\b.*(was (?:"x"|a string)|received "x")/),
    ]);
  });

  it('reports that a value is missing', async () => {
    const { paths, messages } = await check(schema, { llm: {} });
    expect(paths).toEqual(['llm.model']);
    expect(messages).toEqual([expect.stringMatching(/^llm\.model.*(missing|undefined|required)/)]);
  });

  it('reports no secret', async () => {
    const { paths, messages } = await check(schema, { llm: { model: 'x', api_key: 'hunter2' } });
    expect(paths).toEqual(['llm.api_key']);
    expect(messages.join()).not.toContain('hunter2');
    const { messages: typed } = await check(schema, { llm: { model: 'x', api_key: 20_261_121 } });
    expect(typed.join()).not.toContain('20261121');
  });

  it('reports unknown keys, with a suggestion', async () => {
    const { value, unknown } = await check(schema, {
      llm: { model: 'x', modle: 'y' },
      port: [1],
      zzz: { a: 1 },
    });
    expect(value).toEqual({ llm: { model: 'x', temperature: 1 }, ports: [80] });
    expect(unknown).toEqual([
      ['llm.modle', 'llm.model'],
      ['port', 'ports'],
      ['zzz', undefined],
    ]);
  });

  it('does not change the tree, which belongs to the layers', async () => {
    const tree = { llm: { model: ' x ', extra: [1] }, ports: [1] };
    const { value } = await check(schema, tree);
    expect(tree).toEqual({ llm: { model: ' x ', extra: [1] }, ports: [1] });
    expect((value as typeof tree).ports).not.toBe(tree.ports);
  });
});

describe('A Standard Schema', () => {
  it('may be async', async () => {
    const schema = z.object({
      n: z.number().refine(async (n) => (await Promise.resolve(n)) < 5, 'is too much'),
    });
    expect(await check(schema, { n: 1 })).toMatchObject({ value: { n: 1 }, messages: [] });
    expect(await check(schema, { n: 7 })).toMatchObject({ messages: ['n: is too much (was 7)'] });
  });

  it('may reject unknown keys', async () => {
    const schema = z.strictObject({ llm: z.strictObject({ model: z.string() }) });
    const { issues } = await schemaOf(schema).check({ llm: { model: 'x', modle: 'y', b: 1 } });
    expect(issues).toEqual([
      { path: ['llm', 'modle'], message: 'llm.modle is not a known key', part: 'key', isUnknownKey: true },
      { path: ['llm', 'b'], message: 'llm.b is not a known key', part: 'key', isUnknownKey: true },
    ]);
  });

  it('may accept unknown keys', async () => {
    const { value, unknown } = await check(z.looseObject({ a: z.number() }), { a: 1, b: { c: 2 } });
    expect([value, unknown]).toEqual([{ a: 1, b: { c: 2 } }, []]);
  });

  it('may return any value', async () => {
    const schema = z
      .object({ at: z.iso.datetime() })
      .transform(({ at }) => ({ at: new Date(at), tags: new Map([['a', 1]]) }));
    const { value } = await check(schema, { at: '2026-11-21T00:00:00Z' });
    expect(value).toEqual({ at: new Date('2026-11-21T00:00:00Z'), tags: new Map([['a', 1]]) });
  });

  it('reports an issue of the whole tree without a path', async () => {
    const schema = z
      .object({ a: z.number(), b: z.number() })
      .refine(({ a, b }) => a < b, 'a must be less than b');
    expect(await check(schema, { a: 2, b: 1 })).toMatchObject({
      paths: [''],
      messages: ['a must be less than b'],
    });
  });
});

describe('A schema that is a function', () => {
  it('returns the value', async () => {
    const schema = ({ port }: Record<string, unknown>) => ({ port: Number(port) });
    expect(await check(schema, { port: '80' })).toMatchObject({
      value: { port: 80 },
      messages: [],
      unknown: [],
    });
  });

  it('may be async, and may throw', async () => {
    const schema = async () => Promise.reject(new Error('no licence'));
    expect(await check(schema, {})).toMatchObject({ paths: [''], messages: ['no licence'] });
  });

  it('is reported issue by issue if it throws the error of a schema library', async () => {
    const zod = z.object({ a: z.number(), b: z.object({ c: z.string() }) });
    const { paths } = await check((tree) => zod.parse(tree), { a: 'x', b: { c: 1 } });
    expect(paths).toEqual(['a', 'b.c']);
    const joi = Joi.object({ a: Joi.number() });
    const thrown = await check((tree) => Joi.attempt(tree, joi, { abortEarly: false }) as object, { a: 'x' });
    expect(thrown.paths).toEqual(['a']);
  });

  it.each([undefined, null, 7, []])('must return an object, not %o', async (returned) => {
    expect((await check(() => returned as never, {})).messages).toEqual([
      expect.stringContaining('did not return an object'),
    ]);
  });

  it('may change its argument, which is a copy', async () => {
    const tree = { a: { b: 1 } };
    const { value } = await check((copy) => {
      (copy['a'] as { b: number }).b = 2;
      return copy;
    }, tree);
    expect([tree, value]).toEqual([{ a: { b: 1 } }, { a: { b: 2 } }]);
  });
});

describe('Several schemas', () => {
  class Llm {
    @IsString() model = 'small';
    @IsInt() @Max(9) retries = 3;
  }
  class LlmPart {
    @ValidateNested()
    @Type(() => Llm)
    llm = new Llm();
  }
  const serverPart = z.object({ server: z.object({ port: z.coerce.number().default(80) }) });

  it('each check a part, and their values are merged', async () => {
    const { value, unknown } = await check([LlmPart, serverPart], {
      llm: { model: 'x' },
      server: { port: '81' },
    });
    expect(value).toBeInstanceOf(LlmPart);
    expect(value).toMatchObject({ llm: { model: 'x', retries: 3 }, server: { port: 81 } });
    expect(unknown).toEqual([]);
    const reversed = await check([serverPart, LlmPart], { llm: {}, server: {} });
    expect(reversed.value).toBeInstanceOf(LlmPart);
    expect(reversed.value).toMatchObject({ llm: { model: 'small' }, server: { port: 80 } });
  });

  it('receive the result of the schemas before them', async () => {
    const port = z.object({ port: z.coerce.number() });
    const url = (tree: Record<string, unknown>) => ({ ...tree, url: `http://x:${String(tree['port'])}` });
    expect((await check([port, url], { port: '081', host: 'x' })).value).toEqual({
      port: 81,
      host: 'x',
      url: 'http://x:81',
    });
  });

  it('all report their issues', async () => {
    const { paths } = await check([LlmPart, serverPart], { llm: { retries: 10 }, server: { port: 'x' } });
    expect(paths).toEqual(['llm.retries', 'server.port']);
  });

  it('report keys that none of them knows', async () => {
    const { unknown } = await check([LlmPart, serverPart], { llm: { modle: 'x' }, server: {}, sever: 1 });
    expect(unknown.map(([path]) => path)).toEqual(['llm.modle', 'sever']);
  });
});

describe('A value that is not a schema', () => {
  it.each([7, 'x', {}, null, [{}]])('is refused: %o', (schema) => {
    expect(() => schemaOf(schema as never)).toThrow(ConfigOptionsError);
  });
});

describe('A key that Joi leaves out', () => {
  it('is known if the schema names it: empty(), strip(), rename()', async () => {
    const schema = Joi.object({
      retries: Joi.number().empty(''),
      legacy: Joi.any().strip(),
      port: Joi.number(),
      pools: Joi.array().items(Joi.object({ max: Joi.number().empty('') })),
    }).rename('PORT', 'port');
    const tree = { retries: '', legacy: 1, PORT: 80, pools: [{ max: '', mx: 1 }], prt: 1 };
    const { value, unknown } = await check(schema, tree);
    expect(value).toEqual({ port: 80, pools: [{}] });
    expect(unknown).toEqual([
      ['pools.0.mx', undefined],
      ['prt', 'port'],
    ]);
  });
});
