import 'reflect-metadata';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  MinLength,
  ValidateNested,
} from 'class-validator';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ConfigSchema, ConfigTree } from 'nestjs-hot-config';
import { checkConvertingStrings } from '../../lib/validation/convert-strings.js';
import { schemaOf } from '../../lib/validation/schema-of.js';

const check = async (schema: ConfigSchema, tree: ConfigTree, isText = () => true) => {
  const { value, issues } = await checkConvertingStrings(schemaOf(schema), tree, isText);
  return { value, messages: issues.map(({ message }) => message) };
};

class Server {
  @IsString() host = '';
  @IsInt() port = 80;
}

class Config {
  @IsInt() @Max(9000) port = 80;
  @IsBoolean() debug = false;
  @IsNumber() ratio = 0.5;
  @IsString() id = '';
  @MinLength(8) @IsString() @IsOptional() password?: string;
  @IsArray() @IsString({ each: true }) tags: string[] = [];
  @ValidateNested({ each: true }) @Type(() => Server) @IsArray() servers: Server[] = [];
  @ValidateNested() @Type(() => Server) main = new Server();
}

const zodSchema = z.object({
  port: z.number().int().max(9000).default(80),
  debug: z.boolean().default(false),
  ratio: z.number().default(0.5),
  id: z.string().default(''),
  password: z.string().min(8).optional(),
  tags: z.array(z.string()).default([]),
  servers: z.array(z.object({ host: z.string(), port: z.number() })).default([]),
  main: z.object({ host: z.string(), port: z.number() }).default({ host: '', port: 80 }),
});

const valibotSchema = v.object({
  port: v.optional(v.pipe(v.number(), v.integer(), v.maxValue(9000)), 80),
  debug: v.optional(v.boolean(), false),
  ratio: v.optional(v.number(), 0.5),
  id: v.optional(v.string(), ''),
  password: v.optional(v.pipe(v.string(), v.minLength(8))),
  tags: v.optional(v.array(v.string()), []),
  servers: v.optional(v.array(v.object({ host: v.string(), port: v.number() })), []),
  main: v.optional(v.object({ host: v.string(), port: v.number() }), { host: '', port: 80 }),
});

const arkSchema = type({
  port: 'number.integer <= 9000 = 80',
  debug: 'boolean = false',
  ratio: 'number = 0.5',
  id: "string = ''",
  'password?': 'string >= 8',
  tags: type('string[]').default(() => []),
  servers: type({ host: 'string', port: 'number' })
    .array()
    .default(() => []),
  main: type({ host: 'string', port: 'number' }).default(() => ({ host: '', port: 80 })),
}) as ConfigSchema;

const schemas: [string, ConfigSchema][] = [
  ['a class', Config],
  ['zod', zodSchema],
  ['Valibot', valibotSchema],
  ['ArkType', arkSchema],
];

describe.each(schemas)('Strings of the environment, with %s', (_name, schema) => {
  it('are converted to what the schema expects', async () => {
    const { value, messages } = await check(schema, {
      port: '8080',
      debug: 'false',
      ratio: ' 2.5e-1 ',
      id: '0042',
      tags: '["a","1"]',
      servers: '[{"host":"a","port":1}]',
      main: { host: '7', port: '90' },
    });
    expect(messages).toEqual([]);
    expect(value).toMatchObject({
      port: 8080,
      debug: false,
      ratio: 0.25,
      id: '0042',
      tags: ['a', '1'],
      servers: [{ host: 'a', port: 1 }],
      main: { host: '7', port: 90 },
    });
  });

  it('are checked as the values that they stand for', async () => {
    const { messages } = await check(schema, { port: '9999' });
    expect(messages).toEqual([expect.stringMatching(/^port.*9000.*9999/)]);
  });

  it.each(['1', 'TRUE', 'true'])('are true: %j', async (debug) => {
    expect((await check(schema, { debug })).value).toMatchObject({ debug: true });
  });

  it.each(['', 'x', '0x10', '12a', '9007199254740993', '{"a":', '{"__proto__":1}'])(
    'stay strings if they stand for nothing else: %j',
    async (port) => {
      const { messages } = await check(schema, { port });
      expect(messages.length).toBeGreaterThan(0);
      for (const message of messages) expect(message).toMatch(/^port\b/);
    },
  );

  it.each(['0644', '-010', '00123'])(
    'stay strings if they may be octal, and the message says so: %s',
    async (port) => {
      const { messages } = await check(schema, { port });
      expect(messages).toEqual([
        expect.stringMatching(
          /^port\b.*; the leading zero may mean an octal number; write a decimal number without it$/,
        ),
      ]);
    },
  );

  it.each([
    ['08080', 8080],
    ['07', 7],
    ['000', 0],
    ['-09', -9],
    ['+80', 80],
    ['1e3', 1000],
    ['80.0', 80],
  ])('are converted if they mean one number: %s', async (port, number) => {
    const { value, messages } = await check(schema, { port });
    expect(messages).toEqual([]);
    expect(value).toMatchObject({ port: number });
  });

  it.each(['0.12345678901234567890', '1e400', '1e-400', '738529527931269425'])(
    'are not converted to a number with other digits, and the message says so: %s',
    async (ratio) => {
      const { messages } = await check(schema, { ratio });
      expect(messages).toEqual([
        expect.stringMatching(
          /^ratio\b.*; it (?:has more digits than a number can hold exactly|is too (?:large|close to zero) for a number)$/,
        ),
      ]);
      expect((await check(schema, { id: ratio })).value).toMatchObject({ id: ratio });
    },
  );

  it('are not parsed as JSON with a number that would become another one, and the message says so', async () => {
    const { messages } = await check(schema, { main: '{"host": "a", "port": 9007199254740993}' });
    expect(messages).toEqual([
      expect.stringMatching(/^main\b.*; it has a number that cannot be held exactly; put that in quotes$/),
    ]);
  });

  it('are not converted to numbers because they are too short', async () => {
    const { messages } = await check(schema, { password: '1234' });
    expect(messages).toEqual([expect.stringMatching(/^password.*8/)]);
    expect(messages[0]).not.toMatch(/number|1234/);
  });

  it('are not accepted because of others that are invalid', async () => {
    const { messages } = await check(schema, { port: '8080', debug: 'perhaps', ratio: '1' });
    expect(messages).toEqual([expect.stringMatching(/^debug.*boolean/)]);
  });

  it('are not converted if they come from a file', async () => {
    const { messages } = await check(schema, { debug: 'true' }, () => false);
    expect(messages).toHaveLength(1);
  });
});
