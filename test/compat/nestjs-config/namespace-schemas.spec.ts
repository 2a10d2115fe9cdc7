import 'reflect-metadata';
import { Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs as registerTheirs } from '@nestjs/config';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, ValidateNested } from 'class-validator';
import Joi from 'joi';
import {
  ConfigOptionsError,
  type ConfigTree,
  ConfigValidationError,
  file,
  HotConfigModule,
  type HotConfigModuleOptions,
  registerAs,
  type ReloadResult,
  RestartRequired,
  Secret,
} from 'nestjs-hot-config';
import * as v from 'valibot';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HOT_CONFIG_RUNTIME } from '../../../lib/model/tokens.js';
import type { HotConfigPort } from '../../../lib/runtime/port.interface.js';
import { appJsonSchema } from '../../../lib/validation/json-schema.js';
import { type StartedApp, startApp } from '../../support/start-app.js';
import { TempFolder } from '../../support/temp-folder.js';

class DatabaseConfig {
  @IsString()
  host!: string;

  @IsInt()
  @Max(65_535)
  port = 5432;

  get url() {
    return `db://${this.host}:${this.port}`;
  }
}

const kinds = {
  'a class': DatabaseConfig,
  zod: z.object({ host: z.string(), port: z.int().max(65_535).default(5432) }),
  Valibot: v.object({
    host: v.string(),
    port: v.optional(v.pipe(v.number(), v.integer(), v.maxValue(65_535)), 5432),
  }),
  ArkType: type({ host: 'string', port: 'number.integer <= 65535 = 5432', '+': 'delete' }),
  Joi: Joi.object({ host: Joi.string().required(), port: Joi.number().integer().max(65_535).default(5432) }),
} as const;

/** A factory whose values a test sets. */
function databaseOf(values: object, schema: object, register = registerAs as (...a: unknown[]) => unknown) {
  const state = { values };
  const factory = register('database', () => ({ ...state.values }), { schema });
  return { state, factory: factory as ReturnType<typeof registerAs> };
}

function withFeature(factory: unknown): ModuleMetadata {
  return { imports: [HotConfigModule.forFeature(factory as () => unknown)] };
}

function issuesOf(result: ReloadResult) {
  return result.outcome === 'rejected' ? result.error.issues : [];
}

async function bootIssues(start: Promise<StartedApp>) {
  const error: unknown = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ConfigValidationError ? error.issues : error;
}

function portOf({ app }: Pick<StartedApp, 'app'>): HotConfigPort {
  return app.get<HotConfigPort>(HOT_CONFIG_RUNTIME, { strict: false });
}

/** Loads a module with these imports, as an app does that loads it when it is needed. */
function loadLate({ app }: Pick<StartedApp, 'app'>, ...imports: NonNullable<ModuleMetadata['imports']>) {
  @Module({ imports })
  class Late {}
  return app.get(LazyModuleLoader).load(() => Late);
}

describe('A namespace with a schema of its own', () => {
  it.each(Object.entries(kinds))(
    'is what the schema makes of it, with defaults: %s',
    async (_kind, schema) => {
      const { state, factory } = databaseOf({ host: 'a' }, schema);
      @Injectable()
      class Repository {
        constructor(@Inject(factory.KEY) readonly database: DatabaseConfig) {}
      }
      const { app, config, manager } = await startApp(
        { n: 1 },
        { ...withFeature(factory), providers: [Repository] },
        { unknownKeys: 'reject' },
      );
      const { database } = app.get(Repository);
      expect(config.current.version).toBe(1);
      expect([config.get('n'), config.get('database.port')]).toEqual([1, 5432]);
      expect([database.host, database.port]).toEqual(['a', 5432]);

      state.values = { host: 'b', port: 70_000 };
      const issues = issuesOf(await manager.reload());
      expect(issues).toMatchObject([{ path: 'database.port', origin: { source: "registerAs('database')" } }]);
      expect(issues[0]!.message).toMatch(/^database\.port:? /);
      expect(issues[0]!.message).toContain('70000');
      expect([database.host, database.port]).toEqual(['a', 5432]);

      state.values = { host: 'b', port: 1 };
      expect((await manager.reload()).outcome).toBe('applied');
      expect([database.host, database.port, config.get('database.port')]).toEqual(['b', 1, 1]);
    },
  );

  it('fails the start with its path and its factory', async () => {
    const { factory } = databaseOf({ port: 1 }, DatabaseConfig);
    for (const imports of [withFeature(factory).imports!, [ConfigModule.forFeature(factory as never)]])
      expect(await bootIssues(startApp({}, { imports }))).toEqual([
        {
          path: 'database.host',
          message: 'database.host must be a string (it is missing)',
          origin: { source: "registerAs('database')" },
        },
      ]);
  });

  it('takes part with load, in forRoot() and in forRootAsync()', async () => {
    const { factory } = databaseOf({ host: 'a' }, DatabaseConfig);
    const options: HotConfigModuleOptions = { ignoreEnvFile: true, enabled: false, load: [factory as never] };
    for (const root of [
      HotConfigModule.forRoot(options),
      HotConfigModule.forRootAsync({ useFactory: () => options }),
    ]) {
      @Module({ imports: [root] })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, {
        logger: false,
        abortOnError: false,
      });
      onTestFinished(() => app.close());
      expect(app.get(ConfigService).get('database')).toBeInstanceOf(DatabaseConfig);
      expect(app.get(ConfigService).get('database.url')).toBe('db://a:5432');
    }
  });

  it('is checked together with what files have below its name, whose places are reported', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'database:\n  pool: 5\n');
    const { factory } = databaseOf({ host: 'a' }, z.object({ host: z.string(), pool: z.int().max(10) }));
    const { config, manager } = await startApp({}, withFeature(factory), { sources: [file(path)] });
    expect(config.get('database')).toEqual({ host: 'a', pool: 5 });
    folder.write('app.yaml', 'database:\n  pool: 50\n');
    expect(issuesOf(await manager.reload())).toMatchObject([
      { path: 'database.pool', origin: { file: path, line: 2, column: 9 } },
    ]);
    const refused = await manager.set('database.host', 7);
    expect(issuesOf(refused)).toMatchObject([{ path: 'database.host' }]);
  });

  it('need not be declared by the schema of forRoot(), which decides about all other keys', async () => {
    class AppConfig {
      @IsInt()
      n = 0;
    }
    for (const schema of [AppConfig, z.object({ n: z.int() })]) {
      const { factory } = databaseOf({ host: 'a' }, DatabaseConfig);
      const { config, change } = await startApp({ n: 1 }, withFeature(factory), {
        schema,
        unknownKeys: 'reject',
      });
      expect(config.get('database.url')).toBe('db://a:5432');
      expect(issuesOf(await change({ n: 1, databse: {} }))).toMatchObject([{ path: 'databse' }]);
      expect(issuesOf(await change({ n: 1, database: { prot: 1 } }))).toMatchObject([
        { path: 'database.prot', message: 'database.prot is not a known key; did you mean database.port?' },
      ]);
      const both = issuesOf(await change({ n: 'x', database: { port: 1.5 } }));
      expect(both.map(({ path }) => path)).toEqual(['n', 'database.port']);
    }
  });

  it('is also checked by the schema of forRoot() if that declares it, and its own schema has the last word', async () => {
    const root = z.object({ database: z.object({ host: z.string().min(2) }) });
    const { state, factory } = databaseOf({ host: 'ab' }, DatabaseConfig);
    const { config, manager } = await startApp({}, withFeature(factory), {
      schema: root,
      unknownKeys: 'reject',
    });
    expect(config.get('database')).toBeInstanceOf(DatabaseConfig);
    state.values = { host: 'a' };
    expect(issuesOf(await manager.reload()).map(({ path }) => path)).toEqual(['database.host']);
  });

  it('may have several schemas, each for its part, in one list or in several modules', async () => {
    const port = z.object({ port: z.int().default(1) });
    const host = z.object({ host: z.string() });
    const one = databaseOf({ host: 'a' }, [host, port]).factory;
    const listed = await startApp({}, withFeature(one), { unknownKeys: 'reject' });
    expect(listed.config.get('database')).toEqual({ host: 'a', port: 1 });

    const two = databaseOf({ host: 'a' }, host).factory;
    class Port {
      port!: number;
    }
    const imports = [
      ...withFeature(two).imports!,
      HotConfigModule.forFeature(Port, 'database', { schema: port }),
    ];
    const { app, config, change } = await startApp({}, { imports }, { unknownKeys: 'reject' });
    expect(config.get('database')).toEqual({ host: 'a', port: 1 });
    expect(app.get(Port).port).toBe(1);
    expect(issuesOf(await change({ database: { port: 'x', other: 1 } })).map(({ path }) => path)).toEqual([
      'database.port',
    ]);
    expect(issuesOf(await change({ database: { other: 1 } })).map(({ path }) => path)).toEqual([
      'database.other',
    ]);
  });

  it('that is not an object is an issue for a class, and a value like any other for a library', async () => {
    const { change } = await startApp(
      { database: { host: 'a' } },
      {
        imports: [HotConfigModule.forFeature(DatabaseConfig, 'database', { schema: DatabaseConfig })],
      },
    );
    for (const [value, was] of [
      [5, '5'],
      [null, 'null'],
      [['a'], 'an array'],
    ] as const)
      expect(issuesOf(await change({ database: value as never }))).toMatchObject([
        { path: 'database', message: `database must be an object (was ${was})`, origin: { line: 2 } },
      ]);
    const origins = registerAs('origins', () => ['a.test'] as never, { schema: z.array(z.string()) });
    const { config } = await startApp({}, withFeature(origins));
    expect(config.get('origins')).toEqual(['a.test']);
  });

  it('may have a function that throws', async () => {
    const schema = (tree: Record<string, unknown>) => {
      if (tree['host'] === 'bad') throw new Error('the host is bad');
      return { ...tree, pid: 1 };
    };
    const { state, factory } = databaseOf({ host: 'a' }, schema);
    const { config, manager } = await startApp({}, withFeature(factory));
    expect(config.get('database')).toEqual({ host: 'a', pid: 1 });
    state.values = { host: 'bad' };
    expect(issuesOf(await manager.reload())).toMatchObject([
      { path: 'database', message: 'database: the host is bad' },
    ]);
  });

  it.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['5', () => 5],
  ])('is refused if its schema returns %s', async (what, transform) => {
    const factory = registerAs('database', () => ({}), { schema: z.any().transform(transform) as never });
    const message = `database: the schema must return an object (it returned ${what})`;
    expect(await bootIssues(startApp({}, withFeature(factory)))).toMatchObject([
      { path: 'database', message },
    ]);
    await expect(factory()).rejects.toThrow(message);
  });

  it('changes no object that another schema returns', async () => {
    class Service {
      readonly name = 'shared';
      y = { z: 0 };
    }
    const shared = new Service();
    const schema = (tree: Record<string, unknown>) => ({ ...tree, svc: shared });
    const part = z.object({ z: z.number() });
    const imports = [HotConfigModule.forFeature(class Part {}, 'svc.y', { schema: part })];
    const { config, change } = await startApp({ svc: { y: { z: 1 } } }, { imports }, { schema });
    expect((await change({ svc: { y: { z: 2 } } })).outcome).toBe('applied');
    expect(config.get('svc')).toBeInstanceOf(Service);
    expect(config.get('svc')).toEqual({ name: 'shared', y: { z: 2 } });
    expect([shared.y.z, Object.isFrozen(shared)]).toEqual([0, false]);
  });

  it('may be in an instance of a class with private fields', async () => {
    class Part {
      @IsInt()
      z = 0;
    }
    class Root {
      readonly #prefix = 'z is ';

      @ValidateNested()
      @Type(() => Part)
      part = new Part();

      get text() {
        return this.#prefix + String(this.part.z);
      }
    }
    const imports = [HotConfigModule.forFeature(Part, 'part', { schema: Part })];
    const { config } = await startApp({ part: { z: 1 } }, { imports }, { schema: Root });
    expect(config.get('text')).toBe('z is 1');
  });

  it('of a module that is loaded late is checked when it is loaded, and then at each reload', async () => {
    const { state, factory } = databaseOf({ port: 1 }, DatabaseConfig);
    const { app, config, manager, change } = await startApp({ n: 1 }, {}, { unknownKeys: 'reject' });
    const load = () => {
      @Module(withFeature(factory))
      class Late {}
      return app.get(LazyModuleLoader).load(() => Late);
    };
    await expect(load()).rejects.toThrow('database.host must be a string');
    expect(config.current.version).toBe(1);
    expect((await change({ n: 2 })).outcome).toBe('applied');
    state.values = { host: 'a' };
    await load();
    expect(config.get('database.url')).toBe('db://a:5432');
    state.values = {};
    expect(issuesOf(await manager.reload())).toMatchObject([{ path: 'database.host' }]);
  });

  it('of a module that is loaded late is accepted while another module is refused', async () => {
    const valid = databaseOf({ host: 'a' }, DatabaseConfig).factory;
    const invalid = registerAs('mail', () => ({ from: 7 }), { schema: z.object({ from: z.string() }) });
    for (const order of [
      [valid, invalid],
      [invalid, valid],
    ]) {
      const { app, config } = await startApp({ n: 1 });
      const loader = app.get(LazyModuleLoader);
      const modules = order.map((factory) => {
        class Late {}
        Module(withFeature(factory))(Late);
        return loader.load(() => Late);
      });
      const statuses = (await Promise.allSettled(modules)).map(({ status }) => status);
      expect(statuses).toEqual(order.map((factory) => (factory === valid ? 'fulfilled' : 'rejected')));
      expect([config.get('database.url'), config.get('mail')]).toEqual(['db://a:5432', undefined]);
    }
  });

  it('keeps secrets of its class out of messages, values and JSON Schema', async () => {
    class Pool {
      @IsString()
      @Secret()
      pin = '0000';
    }
    class Mail {
      @IsString({ message: 'not $value' })
      @Secret()
      phrase!: string;

      @ValidateNested()
      @Type(() => Pool)
      pool = new Pool();
    }
    const schema = { schema: Mail };
    const started = await startApp(
      { mail: { phrase: 'open sesame', pool: { pin: '4711' } } },
      {
        imports: [HotConfigModule.forFeature(Mail, 'mail', schema)],
      },
    );
    const { secrets, schemas } = portOf(started);
    expect(JSON.stringify(secrets.redact(started.config.value))).not.toMatch(/sesame|4711/);
    const [issue] = issuesOf(await started.change({ mail: { phrase: 4711 as never } }));
    expect(issue!.message).toBe('mail.phrase is not valid (was [hidden])');
    const json = JSON.stringify(await appJsonSchema(schemas));
    expect(json).not.toContain('0000');
    const mail = registerAs('mail', () => ({ phrase: 4711 }), { schema: Mail });
    await expect(mail()).rejects.toThrow(/mail\.phrase is not valid \(was \[hidden\]\)/);
  });

  it('keeps the secrets of a class secret whose module was refused', async () => {
    class Mail {
      @IsInt()
      @Secret()
      phrase = 1;
    }
    const started = await startApp({ mail: { phrase: 'open sesame' } });
    const load = (type: new () => object, path: string) => {
      class Late {}
      Module({ imports: [HotConfigModule.forFeature(type, path, { schema: type })] })(Late);
      return started.app.get(LazyModuleLoader).load(() => Late);
    };
    for (const _attempt of [1, 2]) {
      await expect(load(Mail, 'mail')).rejects.toThrow(
        'mail.phrase must be an integer number (was [hidden])',
      );
      await load(class Other {}, 'other');
      expect(portOf(started).secrets.isSecret(['mail', 'phrase'])).toBe(true);
    }
  });

  it('of a module that a schema or a hook loads during a reload does not block the module that is loaded meanwhile', async () => {
    const known = [
      HotConfigModule.forFeature(DatabaseConfig, 'main', { schema: DatabaseConfig }),
      HotConfigModule.forFeature(databaseOf({ host: 'a' }, DatabaseConfig).factory),
    ];
    let load = async (): Promise<unknown> => undefined;
    const schema = async (tree: Record<string, unknown>) => {
      await load();
      return tree;
    };
    const started = await startApp({ main: { host: 'a' } }, { imports: known }, { schema });
    load = () => loadLate(started, ...known);
    class Other {
      @IsInt()
      x = 1;
    }
    await loadLate(started, HotConfigModule.forFeature(Other, 'other', { schema: Other }));
    expect(started.config.get('other.x')).toBe(1);
  });

  it('of an accepted module is enforced, although another one with the same schema was refused meanwhile', async () => {
    const schema = z.object({ n: z.int().max(10).optional() });
    let answer = (_values: object) => {};
    let called = () => {};
    const isCalled = new Promise<void>((resolve) => (called = resolve));
    const slow = registerAs(
      'db',
      () => {
        called();
        return new Promise<object>((resolve) => (answer = resolve)) as never;
      },
      { schema },
    );
    class Database {
      n?: number;
    }
    const started = await startApp({ x: 1 });
    const refused = loadLate(started, HotConfigModule.forFeature(slow));
    await isCalled;
    const accepted = loadLate(started, HotConfigModule.forFeature(Database, 'db', { schema }));
    answer({ n: 50 });
    await expect(refused).rejects.toThrow('db.n');
    await accepted;
    expect(issuesOf(await started.change({ db: { n: 99 } }))).toMatchObject([{ path: 'db.n' }]);
  });

  it('that two factories share stays when the second one is refused', async () => {
    const started = await startApp({ x: 1 });
    const schema = z.object({ n: z.int().max(10) });
    const values = { n: 5 };
    const wrong = { n: 50 };
    const first = registerAs('db', () => ({ ...values }), { schema });
    const second = registerAs('db', () => ({ ...wrong }), { schema });
    const [one, two] = await Promise.allSettled(
      [first, second].map((factory) => loadLate(started, HotConfigModule.forFeature(factory))),
    );
    expect([one!.status, two!.status]).toEqual(['fulfilled', 'rejected']);
    values.n = 11;
    expect(issuesOf(await started.manager.reload())).toMatchObject([{ path: 'db.n' }]);
    values.n = 6;
    expect((await started.manager.reload()).outcome).toBe('applied');
    wrong.n = 7;
    await loadLate(started, HotConfigModule.forFeature(second));
    expect(started.config.get('db.n')).toBe(7);
  });

  it('keeps the secrets of two classes apart', async () => {
    class Inner {
      one = 'a';
    }
    class First {
      @Secret()
      one = 'a';
    }
    class A {
      @Type(() => Inner)
      inner = new Inner();
    }
    class B {
      @Type(() => First)
      first = new First();
    }
    const imports = [
      HotConfigModule.forFeature(A, 'a', { schema: A }),
      HotConfigModule.forFeature(B, 'b', { schema: B }),
    ];
    const { secrets } = portOf(await startApp({}, { imports }));
    expect(secrets.isSecret(['a', 'inner', 'one'])).toBe(false);
    expect(secrets.isSecret(['b', 'first', 'one'])).toBe(true);
  });

  it('holds back what @RestartRequired() marks in its class', async () => {
    class Server {
      @IsInt()
      @RestartRequired()
      port = 80;
    }
    const imports = [HotConfigModule.forFeature(Server, 'server', { schema: Server })];
    const { config, manager, change } = await startApp({ server: { port: 1 } }, { imports });
    await change({ server: { port: 2 } });
    expect(config.get('server.port')).toBe(1);
    expect(manager.status().pendingRestart).toEqual(['server.port']);
  });

  it('is part of the JSON Schema of the app, with references that lead somewhere', async () => {
    class Pool {
      @IsInt()
      max = 5;
    }
    class Database {
      @ValidateNested()
      @Type(() => Pool)
      pool = new Pool();
    }
    const imports = [HotConfigModule.forFeature(Database, 'main.database', { schema: Database })];
    const { schemas } = portOf(
      await startApp({}, { imports }, { schema: z.object({ n: z.int().default(1) }) }),
    );
    expect(await appJsonSchema(schemas)).toMatchObject({
      allOf: [
        { properties: { n: { type: 'integer' } } },
        {
          properties: {
            main: {
              properties: {
                database: {
                  properties: {
                    pool: { $ref: '#/allOf/1/properties/main/properties/database/$defs/Pool' },
                  },
                  $defs: { Pool: { properties: { max: { default: 5 } } } },
                },
              },
            },
          },
        },
      ],
    });
  });
});

describe('registerAs()', () => {
  it('is that of @nestjs/config without a schema', () => {
    const make = () => ({ host: 'a' });
    const ours = registerAs('database', make);
    expect(ours).toBe(make);
    expect(ours.KEY).toBe(registerTheirs('database', () => ({})).KEY);
    expect(ours.asProvider().inject).toEqual([ours.KEY]);
    expect(ours()).toEqual({ host: 'a' });
  });

  it('with a schema has the same token, and resolves to its own checked values if it is called', async () => {
    const factory = registerAs('database', () => ({ host: 'a' }), { schema: kinds.zod });
    expect(factory.KEY).toBe(registerTheirs('database', () => ({})).KEY);
    expect(await factory()).toEqual({ host: 'a', port: 5432 });
    const wrong = registerAs('database', async () => ({}), { schema: kinds.zod });
    await expect(wrong()).rejects.toThrow(ConfigValidationError);
    await expect(wrong()).rejects.toThrow(/registerAs\('database'\).*database\.host/s);
  });

  it('with a schema is live in ConfigModule.forFeature() of @nestjs/config, and by asProvider()', async () => {
    for (const schema of [kinds.zod, DatabaseConfig]) {
      const { state, factory } = databaseOf({ host: 'a' }, schema);
      const { imports, useFactory, inject } = factory.asProvider();
      @Module({
        imports: [...imports],
        providers: [{ provide: 'options', useFactory: useFactory as never, inject }],
        exports: ['options'],
      })
      class DatabaseModule {}
      const { app, config, manager } = await startApp(
        { database: { port: 1 } },
        { imports: [DatabaseModule, ConfigModule.forFeature(factory as never)] },
      );
      await app.init();
      const options = app.get<DatabaseConfig>('options', { strict: false });
      const injected = app.get<DatabaseConfig>(factory.KEY, { strict: false });
      expect([options.host, options.port, config.get('database.port')]).toEqual(['a', 1, 1]);
      state.values = { host: 'b', port: 2 };
      await manager.reload();
      expect([options.host, options.port, injected.host, injected.port]).toEqual(['b', 2, 'b', 2]);
    }
  });

  it('with a schema may be overridden by a test, whose value is checked too', async () => {
    const { factory } = databaseOf({ host: 'a' }, DatabaseConfig);
    const compile = (value: object) =>
      Test.createTestingModule({
        imports: [
          HotConfigModule.forRoot({ ignoreEnvFile: true, enabled: false }),
          HotConfigModule.forFeature(factory),
        ],
      })
        .overrideProvider(factory.KEY)
        .useValue(value)
        .compile();
    const module = await compile({ host: 'fake' });
    expect(module.get(ConfigService, { strict: false }).get('database.url')).toBe('db://fake:5432');
    await module.close();
    await expect(compile({ host: 7 })).rejects.toThrow('database.host must be a string (was 7)');
  });

  it.each([
    [{ shema: DatabaseConfig }, 'The option "schema" of registerAs() is missing'],
    [{ schema: DatabaseConfig, name: 'x' }, 'Unknown option "name" of registerAs()'],
    [{ schema: 'database' }, 'The option "schema" must be a class'],
    [{ schema: undefined }, 'The option "schema" of registerAs() is missing'],
  ])('refuses options that it does not know: %j', (options, message) => {
    const call = () => registerAs('database', () => ({}), options as never);
    expect(call).toThrow(ConfigOptionsError);
    expect(call).toThrow(message);
  });
});

describe('forFeature() with a class and a schema', () => {
  class LlmConfig {
    @IsString()
    model = 'small';

    @IsInt()
    @Max(2)
    temperature = 1;
  }
  const feature = { imports: [HotConfigModule.forFeature(LlmConfig, 'llm', { schema: LlmConfig })] };

  it('gives the class its defaults, checks each reload, and needs no schema in forRoot()', async () => {
    const { app, config, change } = await startApp({ n: 1 }, feature, { unknownKeys: 'reject' });
    const llm = app.get(LlmConfig);
    expect([llm.model, llm.temperature, config.get('n')]).toEqual(['small', 1, 1]);
    expect(issuesOf(await change({ llm: { temperature: 7 } }))).toMatchObject([
      {
        message: 'llm.temperature must not be greater than 2 (was 7)',
        origin: { source: 'memory', line: 3 },
      },
    ]);
    expect(issuesOf(await change({ llm: { modle: 'x' } }))).toMatchObject([
      { path: 'llm.modle', message: 'llm.modle is not a known key; did you mean llm.model?' },
    ]);
    expect((await change({ llm: { model: 'large' } })).outcome).toBe('applied');
    expect([llm.model, llm.temperature]).toEqual(['large', 1]);
  });

  it('of a module that is loaded late checks the configuration in force', async () => {
    const load = async (tree: ConfigTree) => {
      const started = await startApp(tree);
      @Module(feature)
      class Late {}
      const loaded = started.app.get(LazyModuleLoader).load(() => Late);
      return { ...started, loaded };
    };
    const good = await load({ llm: { model: 'large' } });
    expect((await good.loaded).get(LlmConfig, { strict: false }).temperature).toBe(1);
    expect(issuesOf(await good.change({ llm: { temperature: 3 } }))).toHaveLength(1);
    const both = await startApp({ llm: { temperature: 3 } });
    const loader = both.app.get(LazyModuleLoader);
    const modules = [class One {}, class Two {}].map((type) => {
      Module({ imports: [HotConfigModule.forFeature(LlmConfig, 'llm', { schema: LlmConfig })] })(type);
      return loader.load(() => type);
    });
    expect((await Promise.allSettled(modules)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const bad = await load({ llm: { temperature: 3 } });
    await expect(bad.loaded).rejects.toThrow('llm.temperature must not be greater than 2');
    expect((await bad.change({ llm: { temperature: 4 } })).outcome).toBe('applied');
    expect(bad.config.get('llm.temperature')).toBe(4);
  });

  it('of a module that is loaded late is accepted although the sources have content that was rejected', async () => {
    const started = await startApp(
      { llm: { temperature: 2 }, n: 1 },
      {},
      { schema: (tree) => z.object({ n: z.int() }).loose().parse(tree) },
    );
    const { change, config, manager } = started;
    await change({ llm: { temperature: 7 }, n: 'x' });
    const module = await loadLate(started, ...feature.imports);
    expect(module.get(LlmConfig, { strict: false }).model).toBe('small');
    expect(config.get('llm')).toEqual({ model: 'small', temperature: 2 });
    expect(manager.status().rejection).toBeDefined();
    const issues = issuesOf(await change({ llm: { temperature: 7 }, n: 1 }));
    expect(issues).toMatchObject([{ path: 'llm.temperature' }]);
  });

  it('may have the schema below another one', async () => {
    class Cache {
      @IsInt()
      ttl = 60;
    }
    const imports = [
      HotConfigModule.forFeature(Cache, 'llm.cache', { schema: Cache }),
      HotConfigModule.forFeature(LlmConfig, 'llm', { schema: LlmConfig }),
    ];
    const { config, change } = await startApp({ llm: {} }, { imports }, { unknownKeys: 'reject' });
    expect(config.get('llm')).toEqual({ model: 'small', temperature: 1, cache: { ttl: 60 } });
    const wrong = await change({ llm: { cache: { ttl: 'x', tt: 1 }, other: 1 } });
    expect(issuesOf(wrong).map(({ path }) => path)).toEqual(['llm.cache.ttl', 'llm.other', 'llm.cache.tt']);
  });
});
