import 'reflect-metadata';
import { type } from 'arktype';
import { Expose, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import Joi from 'joi';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configJsonSchema, ConfigOptionsError, type ConfigSchema } from 'nestjs-hot-config';

class JsonServer {
  @IsString() host!: string;
  @IsInt() @Max(9000) port = 80;
}
class JsonConfig {
  @IsIn(['debug', 'log']) level = 'log';
  @Expose({ name: 'max_retries' }) @IsInt() @IsOptional() maxRetries?: number;
  @ValidateNested() @Type(() => JsonServer) main = new JsonServer();
  @ValidateNested({ each: true }) @Type(() => JsonServer) servers!: JsonServer[];
}
class Unrelated {
  @IsString() other!: string;
}

describe('configJsonSchema', () => {
  it('allows any value for a type that JSON Schema does not have, whatever the library', async () => {
    const schemas = [
      z.object({ since: z.coerce.date(), port: z.number() }),
      v.object({ since: v.date(), port: v.number() }),
      type({ since: 'Date', port: 'number' }),
    ];
    for (const schema of schemas)
      expect(await configJsonSchema(schema)).toMatchObject({
        properties: { since: {}, port: { type: 'number' } },
      });
  });

  it('describes a class as files have to be: names, defaults, what is needed', async () => {
    expect(new Unrelated().other).toBeUndefined();
    expect(await configJsonSchema(JsonConfig)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        level: { enum: ['debug', 'log'], type: 'string', default: 'log' },
        max_retries: { type: 'integer' },
        main: { $ref: '#/$defs/JsonServer' },
        servers: { type: 'array', items: { $ref: '#/$defs/JsonServer' } },
      },
      required: ['servers'],
      $defs: {
        JsonServer: {
          type: 'object',
          properties: { host: { type: 'string' }, port: { type: 'integer', maximum: 9000, default: 80 } },
          required: ['host'],
        },
      },
    });
  });

  it.each<[string, ConfigSchema]>([
    ['zod', z.object({ port: z.number().max(9000), host: z.string().default('x') })],
    ['Valibot', v.object({ port: v.pipe(v.number(), v.maxValue(9000)), host: v.optional(v.string(), 'x') })],
    ['ArkType', type({ port: 'number <= 9000', host: "string = 'x'" }) as ConfigSchema],
    [
      'Joi',
      Joi.object({
        port: Joi.number().max(9000).required(),
        host: Joi.string().default('x'),
      }) as ConfigSchema,
    ],
  ])('describes a schema of %s', async (_name, schema) => {
    expect(await configJsonSchema(schema)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { port: { type: 'number', maximum: 9000 }, host: { type: 'string' } },
      required: ['port'],
    });
  });

  it('describes several as all of them', async () => {
    const { allOf } = await configJsonSchema([JsonConfig, z.object({ port: z.number() })]);
    expect(allOf).toMatchObject([{ properties: { level: {} } }, { properties: { port: {} } }]);
  });

  it('refuses what cannot be described', async () => {
    await expect(configJsonSchema((tree) => tree)).rejects.toThrow(ConfigOptionsError);
  });
});
