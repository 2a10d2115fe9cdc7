import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { LazyModuleLoader, ModuleRef, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import {
  ConfigMissingKeyError,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

type Metadata = Parameters<typeof Module>[0];

const database = registerAs('database', () => ({ host: process.env['HC_HOST'] }));
const validationSchema = Joi.object({ HC_HOST: Joi.string(), HC_DEBUG: Joi.boolean() });

/** Starts an app with this module, on an env file whose values a plain ConfigService would read as strings. */
async function startWith(metadata: Metadata) {
  @Module(metadata)
  class FeatureModule {}
  const started = await startEnvApp(
    'HC_HOST=a\nHC_DEBUG=false\n',
    { load: [database], validationSchema },
    { imports: [FeatureModule] },
  );
  return { ...started, feature: started.app.select(FeatureModule) };
}

const read = (config: ConfigService) => [config.get('HC_DEBUG'), config.get('database.host')];

/** A subclass that calls the members of its base class. */
@Injectable()
class AppConfig extends ConfigService {
  readonly atStart: unknown = this.get('database.host');

  override get(...parameters: unknown[]): never {
    return super.get(...(parameters as [never])) as never;
  }
}

/** A subclass that passes nothing to the constructor of its base class. */
@Injectable()
class OwnConstructor extends ConfigService {
  readonly atStart: unknown;

  constructor() {
    super();
    this.atStart = this.get('database.host');
  }
}

/** A subclass with a dependency of its own. */
@Injectable()
class OwnDependency extends ConfigService {
  @Inject(ModuleRef) readonly moduleRef!: ModuleRef;
  readonly atStart = this.get<string>('database.host');
}

describe('A ConfigService in the providers of a module', () => {
  it.each<[string, Metadata]>([
    ['as a class', { providers: [ConfigService] }],
    ['exported', { providers: [ConfigService], exports: [ConfigService] }],
    ['with useClass', { providers: [{ provide: ConfigService, useClass: ConfigService }] }],
    ['with useExisting', { providers: [ConfigService, { provide: 'config', useExisting: ConfigService }] }],
    ['with another token', { providers: [{ provide: 'config', useClass: ConfigService }] }],
    ['beside ConfigModule', { imports: [ConfigModule], providers: [ConfigService] }],
    [
      'beside ConfigModule.forFeature()',
      { imports: [ConfigModule.forFeature(database)], providers: [ConfigService] },
    ],
    [
      'of each request',
      { providers: [{ provide: ConfigService, useClass: ConfigService, scope: Scope.REQUEST }] },
    ],
    [
      'that is transient',
      { providers: [{ provide: ConfigService, useClass: ConfigService, scope: Scope.TRANSIENT }] },
    ],
  ])('is the HotConfigService: %s', async (_what, { providers = [], ...metadata }) => {
    const token = providers
      .map((provider) =>
        typeof provider === 'object' && 'provide' in provider ? provider.provide : provider,
      )
      .at(-1);
    class Reader {
      constructor(readonly config: ConfigService) {}
    }
    const reader = {
      provide: Reader,
      inject: [token],
      useFactory: (config: ConfigService) => new Reader(config),
    };
    const { app, save } = await startWith({ ...metadata, providers: [...providers, reader as never] });
    const { config } = await app.resolve(Reader, undefined, { strict: false });
    expect(config).toBe(app.get(HotConfigService));
    expect(read(config)).toEqual([false, 'a']);
    await save('HC_HOST=b\nHC_DEBUG=true\n');
    expect(read(config)).toEqual([true, 'b']);
  });

  it.each([
    ['that overrides a member', AppConfig],
    ['with a constructor', OwnConstructor],
    ['with a dependency', OwnDependency],
  ])('may be a subclass, which can read in its constructor: %s', async (_what, type) => {
    const { app, config, save } = await startWith({
      providers: [type, { provide: 'other', useClass: type }],
    });
    for (const token of [type, 'other']) {
      const own = app.get<InstanceType<typeof type>>(token, { strict: false });
      expect(own).toBeInstanceOf(type);
      expect(own.constructor).toBe(type);
      expect(own.atStart).toBe('a');
      expect(read(own)).toEqual([false, 'a']);
    }
    const own = app.get(type, { strict: false }) as ConfigService;
    const paths: unknown[] = [];
    own.changes$.subscribe(({ path }) => paths.push(path));
    await save('HC_HOST=b\nHC_DEBUG=true\n');
    expect(read(own)).toEqual([true, 'b']);
    expect(paths).toContain('database.host');
    expect(() => own.getOrThrow('database.hots')).toThrow(ConfigMissingKeyError);
    own.set('HC_OTHER', 'set');
    expect(config.get('HC_OTHER')).toBe('set');
  });

  it('may be a subclass of each request', async () => {
    const { app } = await startWith({
      providers: [{ provide: AppConfig, useClass: AppConfig, scope: Scope.REQUEST }],
    });
    const resolved = await Promise.all(
      [1, 2].map(() => app.resolve(AppConfig, undefined, { strict: false })),
    );
    expect(resolved[0]).not.toBe(resolved[1]);
    for (const own of resolved) expect([own.atStart, ...read(own)]).toEqual(['a', false, 'a']);
  });

  it('may not be a subclass of HotConfigService, which exists once', async () => {
    @Injectable()
    class Own extends HotConfigService {}
    await expect(startWith({ providers: [Own] })).rejects.toThrow(
      'Own of FeatureModule extends HotConfigService, which exists once: extend ConfigService, or inject HotConfigService',
    );
  });

  it('keeps what a subclass overrides', async () => {
    @Injectable()
    class Prefixed extends ConfigService {
      override get(...[name, ...rest]: unknown[]): never {
        return super.get(...([`HC_${String(name)}`, ...rest] as unknown as [never])) as never;
      }
    }
    const { app } = await startWith({ providers: [Prefixed] });
    const own = app.get(Prefixed, { strict: false }) as ConfigService;
    expect([own.get('HOST'), own.getOrThrow('HOST')]).toEqual(['a', 'a']);
    expect(() => own.getOrThrow('NONE')).toThrow('NONE');
  });

  it('is found by app.get() and ModuleRef, and is one that reads if ModuleRef creates it', async () => {
    const { app, feature, save } = await startWith({ providers: [ConfigService] });
    const moduleRef = app.get(ModuleRef);
    const hot = app.get(HotConfigService);
    expect(app.get(ConfigService, { strict: false })).toBe(hot);
    expect(feature.get(ConfigService, { strict: true })).toBe(hot);
    expect(moduleRef.get(ConfigService, { strict: false })).toBe(hot);
    const created = [
      await moduleRef.create(ConfigService),
      await moduleRef.create(AppConfig),
      await moduleRef.create(OwnConstructor),
    ];
    await save('HC_HOST=b\nHC_DEBUG=true\n');
    for (const config of created) expect(read(config)).toEqual([true, 'b']);
  });

  it('reads the configuration in a module that is loaded later', async () => {
    @Module({ providers: [ConfigService, AppConfig, OwnConstructor] })
    class LateModule {}
    const { app, save } = await startWith({});
    const late = await app.get(LazyModuleLoader).load(() => LateModule);
    await save('HC_HOST=b\nHC_DEBUG=true\n');
    for (const type of [ConfigService, AppConfig, OwnConstructor])
      expect(read(late.get<ConfigService>(type)), type.name).toEqual([true, 'b']);
    expect(late.get(AppConfig).atStart).toBe('a');
  });

  it('may be overridden by a test', async () => {
    restoreEnvironment();
    @Module({ providers: [ConfigService] })
    class FeatureModule {}
    const root = HotConfigModule.forRoot({ ignoreEnvFile: true, enabled: false });
    const fake = { get: () => 'fake' };
    const module = await Test.createTestingModule({ imports: [root, FeatureModule] })
      .overrideProvider(ConfigService)
      .useValue(fake)
      .compile();
    onTestFinished(() => module.close());
    expect(module.select(FeatureModule).get(ConfigService)).toBe(fake);
    expect(module.get(ConfigService)).toBe(fake);
  });

  it('stays the object that the app has made', async () => {
    const own = new ConfigService({ database: { host: 'mine' } });
    const { app } = await startWith({
      providers: [
        { provide: 'value', useValue: own },
        { provide: 'factory', useFactory: () => new AppConfig({ database: { host: 'made' } }) },
      ],
    });
    const hosts = ['value', 'factory'].map((token) =>
      app.get<ConfigService>(token, { strict: false }).get('database.host'),
    );
    expect(hosts).toEqual(['mine', 'made']);
  });

  it('is that of @nestjs/config in an app of this process without HotConfigModule', async () => {
    await startWith({ providers: [ConfigService] });
    @Module({
      imports: [ConfigModule.forRoot({ load: [() => ({ n: 1 })] })],
      providers: [ConfigService, AppConfig],
    })
    class OtherModule {}
    const other = await NestFactory.createApplicationContext(OtherModule, { logger: false });
    onTestFinished(() => other.close());
    expect(other.get(ConfigService)).not.toBeInstanceOf(HotConfigService);
    for (const type of [ConfigService, AppConfig]) {
      const config = other.get<ConfigService>(type);
      config.set('HC_OTHER', 'other');
      expect([config.get('n'), config.get('HC_OTHER')], type.name).toEqual([1, 'other']);
      expect(() => config.getOrThrow('HC_NONE')).toThrow(TypeError);
    }
  });
});

describe('CONFIGURATION_TOKEN', () => {
  it.each<[string, NonNullable<Metadata['imports']>]>([
    ['without ConfigModule', []],
    ['with ConfigModule', [ConfigModule.forFeature(registerAs('mail', () => ({ from: 'x' })))]],
  ])('is the whole configuration, and live: %s', async (_what, imports) => {
    @Injectable()
    class Reader {
      constructor(@Inject('CONFIGURATION_TOKEN') readonly values: Record<string, unknown>) {}
    }
    const { app, save } = await startWith({ imports, providers: [Reader] });
    const { values } = app.get(Reader, { strict: false });
    expect(values).toMatchObject({ HC_DEBUG: false, database: { host: 'a' } });
    expect('mail' in values).toBe(imports.length > 0);
    await save('HC_HOST=b\nHC_DEBUG=true\n');
    expect(values).toMatchObject({ HC_DEBUG: true, database: { host: 'b' } });
  });
});

describe('The options of forRootAsync()', () => {
  const useFactory = () => ({ ignoreEnvFile: true, enabled: false });

  it.each([ConfigService, HotConfigService, HotConfigManager, { token: ConfigService, optional: true }])(
    'cannot inject what reads them: %s',
    (token) => {
      const { name } = typeof token === 'function' ? token : token.token;
      expect(() =>
        HotConfigModule.forRootAsync({ imports: [ConfigModule], inject: [token], useFactory }),
      ).toThrow(
        `forRootAsync() cannot inject ${name}, which reads the configuration that the options describe: ` +
          'read process.env in the factory instead',
      );
    },
  );

  it.each<[string, Metadata, RegExp]>([
    [
      'its own',
      { providers: [ConfigService] },
      / need Settings, which .*reads the configuration that they describe: read process.env there instead/,
    ],
    [
      'that of ConfigModule',
      { imports: [ConfigModule] },
      / need Settings, which .*reads the configuration that they describe: read process.env there instead/,
    ],
    [
      'the global one',
      {},
      / need Settings, which |circular dependency has been detected inside "ConfigService"/,
    ],
  ])(
    'fail the start if a provider that they need has a ConfigService: %s',
    async (_what, metadata, message) => {
      @Injectable()
      class Settings {
        constructor(readonly config: ConfigService) {}
      }
      @Module({ ...metadata, providers: [...(metadata.providers ?? []), Settings], exports: [Settings] })
      class SettingsModule {}
      @Module({
        imports: [
          HotConfigModule.forRootAsync({ imports: [SettingsModule], inject: [Settings], useFactory }),
        ],
      })
      class AppModule {}
      const start = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
      await expect(start).rejects.toThrow(message);
    },
  );
});
