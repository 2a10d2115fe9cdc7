import { registerAs as registerTheirs } from '@nestjs/config';
import { type } from 'arktype';
import { IsInt, IsOptional, IsString } from 'class-validator';
import Joi from 'joi';
import { env, HotConfigModule, type HotConfigModuleOptions, registerAs } from 'nestjs-hot-config';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp } from '../../support/start-app.js';
import { TempFolder } from '../../support/temp-folder.js';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

class AppConfig {
  @IsInt()
  port!: number;

  @IsOptional()
  @IsString()
  HC_DECLARED?: string;
}

const kinds = {
  'a class': AppConfig,
  zod: z.object({ port: z.int(), HC_DECLARED: z.string().optional() }),
  'strict zod': z.strictObject({ port: z.int(), HC_DECLARED: z.string().optional() }),
  Valibot: v.object({ port: v.number(), HC_DECLARED: v.optional(v.string()) }),
  'strict Valibot': v.strictObject({ port: v.number(), HC_DECLARED: v.optional(v.string()) }),
  'strict ArkType': type({ port: 'number', 'HC_DECLARED?': 'string', '+': 'reject' }),
  Joi: Joi.object({ port: Joi.number().required(), HC_DECLARED: Joi.string() }),
  'strict Joi': Joi.object({ port: Joi.number().required(), HC_DECLARED: Joi.string() }).unknown(false),
  'a function': (tree: object) =>
    z.strictObject({ port: z.int(), HC_DECLARED: z.string().optional() }).parse(tree),
  'a function that picks keys': (tree: Record<string, unknown>) => ({ port: tree['port'] }),
  'several schemas': [z.object({ port: z.int() }), z.object({ HC_DECLARED: z.string().optional() })],
} as const;

const ENV = 'HC_HOST=db.test\nHC_UNUSED=1\n';

/** Starts an app with a YAML file, an env file and factories, whose schema describes the YAML file. */
async function start(options: HotConfigModuleOptions, yaml = 'port: 8080\n', text = ENV) {
  const app = await startEnvApp(
    text,
    {
      files: [new TempFolder().write('app.yaml', yaml)],
      load: [
        registerTheirs('database', () => ({ host: process.env['HC_HOST'], pool: { max: 5 } })),
        () => ({ release: 7 }),
      ],
      ...options,
    },
    { imports: [HotConfigModule.forFeature(registerTheirs('mail', () => ({ from: 'a@shop.test' })))] },
  );
  const warnings = async () => (await app.manager.plan()).issues.map(({ message }) => message);
  return { ...app, get: (path: string) => app.config.get<unknown>(path), warnings };
}

const PATHS = ['port', 'HC_HOST', 'database.host', 'database.pool.max', 'release', 'mail.from'];

describe('A schema for YAML beside env files and factories', () => {
  for (const [kind, schema] of Object.entries(kinds)) {
    it(`need not declare variables and namespaces, and the app reads them: ${kind}`, async () => {
      const { get, warnings } = await start({ schema: schema as typeof AppConfig, unknownKeys: 'reject' });
      expect(await warnings()).toEqual([]);
      expect(PATHS.map((path) => get(path))).toEqual([8080, 'db.test', 'db.test', 5, 7, 'a@shop.test']);
    });
  }

  it.each(['a class', 'zod', 'strict Valibot', 'strict Joi'] as const)(
    'still finds unknown keys of files, with a suggestion: %s',
    async (kind) => {
      const schema = kinds[kind] as typeof AppConfig;
      const rejected = start({ schema, unknownKeys: 'reject' }, 'port: 8080\nprot: 1\n');
      await expect(rejected).rejects.toThrow(/prot is not a known key/);
    },
  );

  it('warns about keys of files below a namespace that its factory does not return', async () => {
    const yaml = 'port: 8080\ndatabase: { hots: a }\ndatabse: { host: b }\n';
    const { get, warnings } = await start({ schema: kinds.zod }, yaml);
    expect(await warnings()).toEqual([
      'database.hots is not a known key; did you mean database.host?',
      'databse is not a known key',
    ]);
    expect(get('databse')).toBeUndefined();
  });

  it('checks the variables and namespaces that it declares', async () => {
    const schema = z.strictObject({
      port: z.int(),
      HC_HOST: z.string().max(3),
      database: z.strictObject({ host: z.string() }),
    });
    await expect(start({ schema })).rejects.toThrow(/HC_HOST: Too big/);
    const { get, warnings } = await start({ schema }, 'port: 1\n', 'HC_HOST=db\n');
    expect(await warnings()).toEqual([]);
    expect(PATHS.map((path) => get(path))).toEqual([1, 'db', 'db', 5, 7, 'a@shop.test']);
  });

  it('need not declare what factories return, also without env files', async () => {
    const mail = HotConfigModule.forFeature(registerTheirs('mail', () => ({ from: 'a@shop.test' })));
    const options = { schema: kinds['strict zod'], unknownKeys: 'reject' as const };
    const { config } = await startApp({ port: 1 }, { imports: [mail] }, options);
    expect(config.value).toEqual({ port: 1, mail: { from: 'a@shop.test' } });
  });

  it('leaves the keys of a namespace to the schema of the namespace', async () => {
    const cache = registerAs('cache', () => ({}), { schema: z.object({ ttl: z.int() }) });
    const options = { schema: kinds['strict zod'], load: [cache], unknownKeys: 'reject' as const };
    const { get } = await start(options, 'port: 8080\ncache: { ttl: 5 }\n');
    expect(get('cache.ttl')).toBe(5);
    await expect(start(options, 'port: 8080\ncache: { ttl: 5, tll: 6 }\n')).rejects.toThrow(
      /cache\.tll is not a known key; did you mean cache\.ttl\?/,
    );
  });

  it('reads values that validationSchema has converted', async () => {
    const validationSchema = Joi.object({ HC_UNUSED: Joi.number() });
    const { get } = await start({ schema: kinds.zod, validationSchema });
    expect(get('HC_UNUSED')).toBe(1);
  });

  it('does not copy an instance that it returns', async () => {
    class Settings {
      readonly #port: number;
      constructor({ port }: { port: number }) {
        this.#port = port;
      }
      get port() {
        return this.#port;
      }
    }
    const schema = z.object({ port: z.int() }).transform((tree) => new Settings(tree));
    const { get } = await start({ schema });
    expect(PATHS.map((path) => get(path))).toEqual([8080, 'db.test', 'db.test', 5, 7, 'a@shop.test']);
  });
});

describe('A schema beside env() without a prefix', () => {
  it('need not declare the variables of the process, and decides which of them the app reads', async () => {
    restoreEnvironment();
    process.env['HC_PORT'] = '8080';
    const sources = [env()];
    const schema = z.strictObject({ hc_port: z.int() });
    const { config } = await startApp({}, {}, { sources, schema, unknownKeys: 'reject' });
    expect(config.value).toEqual({ hc_port: 8080 });
  });

  it('finds unknown keys below those that it declares', async () => {
    restoreEnvironment();
    Object.assign(process.env, { HC__PORT: '8080', HC__PROT: '1' });
    const schema = z.object({ hc: z.object({ port: z.int() }) });
    const started = startApp({}, {}, { sources: [env()], schema, unknownKeys: 'reject' });
    await expect(started).rejects.toThrow(/hc\.prot is not a known key; did you mean hc\.port\?/);
  });
});
