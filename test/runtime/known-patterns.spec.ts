import 'reflect-metadata';
import { Injectable, type LoggerService } from '@nestjs/common';
import { Expose, Transform, Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import { type } from 'arktype';
import Joi from 'joi';
import {
  BeforeConfigChange,
  type ConfigSchema,
  type ConfigTree,
  HotConfigModule,
  type HotConfigModuleOptions,
  OnConfigChange,
  refreshable,
  Refreshable,
  Secret,
} from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp } from '../support/start-app.js';

class Server {
  @IsString() host = 'localhost';
  @IsInt() port = 80;
}
class Llm {
  @IsString() model = 'small';
  @IsInt() max_tokens = 5;
  @Expose({ name: 'top_p' }) @IsInt() topP = 1;
  @Secret() @IsString() api_key = '';
}
class OpenConfig {
  @IsOptional() extra?: unknown;
  @Transform(({ value }: { value: unknown }) => value) made = {};
  @IsOptional() cache: boolean | { ttl: number } = false;
  @ValidateIf(({ proxy }: OpenConfig) => typeof proxy === 'string') @IsString() proxy:
    string | { host: string } = 'none';
}
class AppConfig {
  @ValidateNested() @Type(() => Llm) llm = new Llm();
  @ValidateNested({ each: true }) @Type(() => Server) servers: Server[] = [new Server()];
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Server) pools: Map<string, Server> = new Map();
  @IsString({ each: true }) tags: string[] = [];
  @IsOptional() @IsString() label?: string;
}

const zodConfig = z.object({
  llm: z.object({ model: z.string().default('small'), max_tokens: z.number().default(5) }).prefault({}),
  servers: z.array(z.object({ host: z.string(), port: z.number() })).optional(),
  pools: z.record(z.string(), z.object({ host: z.string(), port: z.number() })).default({}),
  either: z.union([z.string(), z.strictObject({ left: z.number() })]).optional(),
});

const openZod = z.object({
  loose: z.looseObject({ a: z.string() }).optional(),
  made: z
    .object({ x: z.number() })
    .transform((value) => value as unknown)
    .optional(),
});

const joiConfig = Joi.object({
  llm: Joi.object({ model: Joi.string().default('small'), max_tokens: Joi.number() }).default({
    model: 'small',
  }),
  servers: Joi.array().items(Joi.object({ host: Joi.string(), port: Joi.number() })),
  pools: Joi.object().pattern(Joi.string(), Joi.object({ host: Joi.string(), port: Joi.number() })),
  loose: Joi.object({ a: Joi.string() }).unknown(),
});

const restZod = z.object({
  pair: z.tuple([z.object({ host: z.string() })], z.object({ port: z.number() })).optional(),
  none: z.tuple([]).optional(),
  both: z.intersection(z.object({ left: z.string() }), z.object({ right: z.string() })).optional(),
  tree: z.lazy(() => z.object({ branch: z.string() })).optional(),
  read: z.preprocess((value) => value, z.object({ parsed: z.string() })).optional(),
  more: z
    .object({ known: z.string() })
    .catchall(z.object({ port: z.number() }))
    .optional(),
});

/** A schema of a library that is not known, and that describes itself as a JSON Schema. */
function described(jsonSchema: object): ConfigSchema {
  const validate = (value: unknown) => ({ value });
  return {
    '~standard': { version: 1, vendor: 'other', validate, jsonSchema: { input: () => jsonSchema } },
  } as never;
}

const CLOSED = { type: 'object', additionalProperties: false } as const;
const SERVER = { ...CLOSED, properties: { host: { type: 'string' }, port: { type: 'integer' } } };
const jsonConfig = described({
  ...CLOSED,
  $defs: { 'a/b': { ...CLOSED, properties: { inside: { type: 'string' } } } },
  properties: {
    server: SERVER,
    servers: { type: 'array', items: SERVER },
    pair: { type: 'array', prefixItems: [SERVER] },
    list: { type: 'array' },
    pools: { type: 'object', additionalProperties: SERVER },
    either: { oneOf: [{ type: 'string' }, SERVER] },
    both: { type: 'object', properties: { own: { type: 'string' } }, allOf: [SERVER] },
    named: { $ref: '#/$defs/a~1b' },
    elsewhere: { $ref: 'https://schemas.example/other.json' },
    open: { type: 'object', properties: { a: { type: 'string' } } },
    matching: {
      type: 'object',
      patternProperties: { '^x': { type: 'string' } },
      additionalProperties: false,
    },
    anything: true,
    untyped: {},
  },
});

const arkConfig = type({
  llm: { model: 'string = "small"', 'max_tokens?': 'number', '+': 'reject' },
  '+': 'reject',
});

/** Returns the lines that an app with this pattern logs about it. */
async function complaintsAbout(
  pattern: string | RegExp,
  options: HotConfigModuleOptions,
  tree: ConfigTree = {},
) {
  const lines: string[] = [];
  const log = (line: unknown) => void lines.push(String(line));
  const logger: LoggerService = { log, warn: log, error: log };
  @Injectable()
  class Orders {
    @BeforeConfigChange(pattern) check() {}
  }
  const app = await startApp(tree, { providers: [Orders] }, { logger, ...options });
  return { ...app, lines: lines.filter((line) => line.includes('matches nothing')) };
}

const complaint = (pattern: string, guess?: string) => [
  `Orders.check: the pattern '${pattern}' matches nothing that the schema knows${guess ? `; did you mean '${guess}'?` : ''}`,
];

describe('A pattern that can match nothing that the schema knows', () => {
  it.each<[string, ConfigSchema, ConfigTree, string, string | undefined]>([
    ['a class', AppConfig, {}, 'llm.modle', 'llm.model'],
    ['a class', AppConfig, {}, 'lmm', 'llm'],
    ['a class', AppConfig, {}, 'lmm.modle', 'llm.model'],
    ['a class', AppConfig, {}, 'servers.*.prot', 'servers.*.port'],
    ['a class', AppConfig, {}, 'servers[0].prot', 'servers.0.port'],
    ['a class', AppConfig, {}, 'servers.port', 'servers.*.port'],
    ['a class', AppConfig, {}, 'pools.main.prot', 'pools.main.port'],
    ['a class', AppConfig, {}, '**.modle', '**.model'],
    ['a class', AppConfig, {}, 'llm.max_token*.x', undefined],
    ['a class', AppConfig, {}, 'servers.prot', 'servers.*.port'],
    ['a class', AppConfig, {}, 'llm.model.name', undefined],
    ['a class', AppConfig, {}, 'llm.quite_different_word', undefined],
    ['a class', AppConfig, {}, 'llm.top_p', 'llm.topP'],
    ['a class', AppConfig, {}, "['llm.modle']", undefined],
    ['zod', zodConfig, {}, 'llm.modle', 'llm.model'],
    ['zod', zodConfig, {}, 'servers.*.prot', 'servers.*.port'],
    ['zod', zodConfig, {}, 'pools.gpt-4.1.prot', 'pools.gpt-4.1.port'],
    ['zod', zodConfig, {}, '**.prot', '**.port'],
    ['zod', zodConfig, {}, 'either.lefd', 'either.left'],
    ['zod', restZod, {}, 'pair.*.hots', 'pair.*.host'],
    ['zod', restZod, {}, 'pair.*.prot', 'pair.*.port'],
    ['zod', restZod, {}, 'none.0', undefined],
    ['zod', restZod, {}, 'both.rihgt', 'both.right'],
    ['zod', restZod, {}, 'tree.brunch', 'tree.branch'],
    ['zod', restZod, {}, 'read.prased', 'read.parsed'],
    ['zod', restZod, {}, 'more.other.prot', 'more.other.port'],
    ['a JSON Schema', jsonConfig, {}, 'server.prot', 'server.port'],
    ['a JSON Schema', jsonConfig, {}, 'servers.*.prot', 'servers.*.port'],
    ['a JSON Schema', jsonConfig, {}, 'pair.0.prot', 'pair.0.port'],
    ['a JSON Schema', jsonConfig, {}, 'pools.main.prot', 'pools.main.port'],
    ['a JSON Schema', jsonConfig, {}, 'either.prot', 'either.port'],
    ['a JSON Schema', jsonConfig, {}, 'named.insied', 'named.inside'],
    ['a JSON Schema', jsonConfig, {}, 'server.port.number', undefined],
    ['Joi', joiConfig, {}, 'llm.modle', 'llm.model'],
    ['Joi', joiConfig, {}, 'servers.*.prot', 'servers.*.port'],
    ['Joi', joiConfig, {}, 'pools.main.prot', 'pools.main.port'],
    ['ArkType', arkConfig as ConfigSchema, { llm: {} }, 'llm.modle', 'llm.model'],
  ])('is reported with a guess: %s', async (_library, schema, tree, pattern, guess) => {
    expect((await complaintsAbout(pattern, { schema }, tree)).lines).toEqual(complaint(pattern, guess));
  });

  it.each<[string, HotConfigModuleOptions, string | RegExp, ConfigTree?]>([
    ['a key', { schema: AppConfig }, 'llm.model'],
    ['a key of an element', { schema: AppConfig }, 'servers.7.port'],
    ['a key of a map', { schema: AppConfig }, 'pools.any.port'],
    ['a key of a map with a dot', { schema: AppConfig }, 'pools.gpt-4.1.port'],
    ['any depth', { schema: AppConfig }, '**.port'],
    ['everything', { schema: AppConfig }, '**'],
    ['a wildcard', { schema: AppConfig }, 'llm.max_*'],
    ['an optional key', { schema: AppConfig }, 'label'],
    ['what has no type', { schema: OpenConfig }, 'extra.deep.down'],
    [
      'a branch of a key that starts as a boolean',
      { schema: OpenConfig, unknownKeys: 'reject' },
      'cache.ttl',
    ],
    ['a branch of a key with a conditional rule', { schema: OpenConfig }, 'proxy.host'],
    ['what a @Transform() makes', { schema: OpenConfig }, 'made.deep'],
    ['an expression', { schema: AppConfig }, /modle/],
    ['a loose object', { schema: openZod }, 'loose.anything.below'],
    ['what a transform makes', { schema: openZod }, 'made.anything'],
    ['a tuple without elements of its own', { schema: jsonConfig }, 'list.0.any'],
    ['a part of an intersection', { schema: restZod }, 'both.left'],
    ['a JSON Schema that does not say it is closed', { schema: jsonConfig }, 'open.other'],
    ['a JSON Schema with keys by a pattern', { schema: jsonConfig }, 'matching.xyz'],
    ['a JSON Schema that refers to another one', { schema: jsonConfig }, 'elsewhere.any'],
    ['a JSON Schema that accepts anything', { schema: jsonConfig }, 'anything.any'],
    ['a JSON Schema without a type', { schema: jsonConfig }, 'untyped.any'],
    ['a key of one of two JSON Schemas', { schema: jsonConfig }, 'both.own'],
    ['Joi with unknown()', { schema: joiConfig }, 'loose.anything'],
    ['a function', { schema: (tree) => tree }, 'llm.modle'],
    ['no schema', {}, 'llm.modle'],
    ['keys that are allowed', { schema: AppConfig, unknownKeys: 'allow' }, 'llm.modle'],
    ['a key in force', { schema: AppConfig }, 'llm.modle', { llm: { modle: 'x' } }],
    ['environment variables', { schema: z.looseObject({}), ignoreEnvFile: true }, 'PORT'],
    ['a class beside the environment', { schema: AppConfig, ignoreEnvFile: true }, 'SOME_VARIABLE'],
    ['two schemas, one of them open', { schema: [AppConfig, (tree: object) => tree] as never }, 'lmm'],
  ])('is not %s', async (_what, options, pattern, tree) => {
    expect((await complaintsAbout(pattern, options, tree)).lines).toEqual([]);
  });

  it('is looked for in all schemas: that of forRoot() and those of namespaces', async () => {
    class Mail {
      @IsString() from = 'a@b.c';
    }
    const app = (pattern: string, options: HotConfigModuleOptions) => {
      const lines: string[] = [];
      const log = (line: unknown) => void lines.push(String(line));
      @Injectable()
      class Orders {
        @OnConfigChange(pattern) check() {}
      }
      const imports = [HotConfigModule.forFeature(Mail, 'apps.mail', { schema: Mail })];
      return startApp(
        {},
        { imports, providers: [Orders] },
        { logger: { log, warn: log, error: log }, ...options },
      ).then(() => lines.filter((line) => line.includes('matches nothing')));
    };
    expect(await app('apps.mail.form', {})).toEqual(complaint('apps.mail.form', 'apps.mail.from'));
    expect(await app('apps.mail.from', { schema: AppConfig })).toEqual([]);
    expect(await app('apps.other.from', {})).toEqual([]);
    expect(await app('apps.mial.from', { schema: AppConfig })).toEqual(
      complaint('apps.mial.from', 'apps.mail.from'),
    );
    expect(await app('llm.modle', { schema: AppConfig })).toEqual(complaint('llm.modle', 'llm.model'));
  });

  it.each<[string, object, HotConfigModuleOptions, string]>([
    [
      'a veto',
      { veto: true },
      {},
      "Orders.check: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ],
    [
      'a component',
      { component: true },
      {},
      "CLIENT: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ],
    [
      'a @Refreshable() class',
      { refreshable: true },
      {},
      "Client: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ],
    [
      'restartRequired',
      {},
      { restartRequired: ['llm.modle'] },
      "restartRequired: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ],
    [
      'secrets',
      {},
      { secrets: ['llm.modle'] },
      "secrets: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ],
  ])('is an error at boot if keys are strict: %s', async (_what, parts, options, message) => {
    @Injectable()
    class Orders {
      @BeforeConfigChange('llm.modle') check() {}
    }
    @Injectable()
    @Refreshable('llm.modle')
    class Client {}
    const providers = [
      ...('veto' in parts ? [Orders] : []),
      ...('refreshable' in parts ? [Client] : []),
      ...('component' in parts
        ? [refreshable({ provide: 'CLIENT', on: 'llm.modle', useFactory: () => ({}) })]
        : []),
    ];
    const lines: string[] = [];
    const log = (line: unknown) => void lines.push(String(line));
    const logger = { log, warn: log, error: log };
    await expect(
      startApp({}, { providers }, { schema: AppConfig, unknownKeys: 'reject', ...options }),
    ).rejects.toThrow(message);
    await startApp({}, { providers }, { schema: AppConfig, ...options, logger });
    expect(lines).toContain(message);
  });

  it('accepts the names of files in restartRequired and secrets', async () => {
    const options = { schema: AppConfig, unknownKeys: 'reject' as const };
    const started = startApp(
      {},
      {},
      { ...options, restartRequired: ['llm.top_p', 'llm.topP'], secrets: ['llm.top_p'] },
    );
    await expect(started).resolves.toBeDefined();
  });

  it('is only a warning for a precaution among the secrets, and only with a guess', async () => {
    const lines: string[] = [];
    const log = (line: unknown) => void lines.push(String(line));
    const logger = { log, warn: log, error: log };
    const secrets = [
      '**.credentials',
      '**.api_kye',
      '!**.nothing',
      '*_token',
      '*.password',
      'llm.*_key_file',
    ];
    await startApp({}, {}, { schema: AppConfig, unknownKeys: 'reject', secrets, logger });
    expect(lines.filter((line) => line.includes('matches nothing'))).toEqual([
      "secrets: the pattern '**.api_kye' matches nothing that the schema knows; did you mean '**.api_key'?",
    ]);
  });

  it('is a warning, once, where code subscribes', async () => {
    const lines: string[] = [];
    const log = (line: unknown) => void lines.push(String(line));
    const logger = { log, warn: log, error: log };
    const { config } = await startApp({}, {}, { schema: AppConfig, unknownKeys: 'reject', logger });
    function onModel() {}
    config.onChange('llm.modle', onModel)();
    config.onChange('llm.modle', onModel)();
    await config.changes('llm.modle').return?.();
    config.onChange('llm.model', onModel)();
    expect(lines.filter((line) => line.includes('matches nothing'))).toEqual([
      "onModel: the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
      "changes(): the pattern 'llm.modle' matches nothing that the schema knows; did you mean 'llm.model'?",
    ]);
  });

  it('ends in a schema that contains itself', async () => {
    interface Tree {
      name?: string | undefined;
      left?: Tree | undefined;
      right?: Tree | undefined;
    }
    const tree: z.ZodType<Tree> = z.lazy(() =>
      z.object({ name: z.string().optional(), left: tree.optional(), right: tree.optional() }),
    );
    const schema = z.object({ tree: tree.optional() }) as ConfigSchema;
    expect((await complaintsAbout('**.nmae', { schema })).lines).toEqual(complaint('**.nmae', '**.name'));
    expect((await complaintsAbout('tree.left.right.name', { schema })).lines).toEqual([]);
  });
});
