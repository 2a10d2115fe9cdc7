import { Global, Inject, Injectable, Logger, Module } from '@nestjs/common';
import {
  ConfigModule,
  type ConfigModuleOptions,
  ConfigService,
  type ConfigType,
  registerAs,
} from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { HotConfigManager, HotConfigModule } from 'nestjs-hot-config';
import { MemorySource } from 'nestjs-hot-config/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TempFolder } from '../../support/temp-folder.js';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

const quiet = { settleTimeout: 0, enabled: false };

async function started(imports: NonNullable<Parameters<typeof Module>[0]['imports']>) {
  @Module({ imports })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  return app;
}

describe('The code after forRoot()', () => {
  it.each([
    ['validationSchema', { validationSchema: Joi.object({ HC_PORT: Joi.number().required() }) }],
    ['validate', { validate: (variables: object) => ({ ...variables }) }],
    ['neither', {}],
  ])('reads the env file from process.env at once, with %s', async (_what, options) => {
    restoreEnvironment();
    const envFilePath = new TempFolder().write('.env', 'HC_PORT=1\n');
    const module = HotConfigModule.forRoot({ ...quiet, envFilePath, ...options });
    expect(process.env['HC_PORT']).toBe('1');
    await module;
  });
});

describe('Several forRoot() in one app', () => {
  it('are one configuration: their options are merged, and the first wins', async () => {
    restoreEnvironment();
    const folder = new TempFolder();
    const paths = {
      root: folder.write('.env', 'HC_PORT=1\nHC_HOST=a.test\nHC_BOTH=root\n'),
      feature: folder.write('.env.feature', 'HC_URL=http://${HC_HOST}\nHC_BOTH=feature\n'),
    };
    const url = registerAs('feature', () => ({ url: process.env['HC_URL'], both: process.env['HC_BOTH'] }));
    const validationSchema = Joi.object({ HC_PORT: Joi.number().required() });
    const root = HotConfigModule.forRoot({ ...quiet, envFilePath: paths.root, validationSchema });
    @Injectable()
    class Reader {
      constructor(
        readonly config: ConfigService,
        @Inject(url.KEY) readonly feature: ConfigType<typeof url>,
      ) {}
    }
    @Module({
      imports: [HotConfigModule.forRoot({ envFilePath: paths.feature, expandVariables: true, load: [url] })],
      providers: [Reader],
    })
    class FeatureModule {}
    const app = await started([FeatureModule, root]);
    const reader = app.get(Reader, { strict: false });
    expect(reader.config).toBe(app.get(ConfigService));
    const read = () => [reader.config.get<unknown>('HC_PORT'), reader.feature.url, reader.feature.both];
    expect(read()).toEqual([1, 'http://a.test', 'root']);
    expect([process.env['HC_BOTH'], process.env['HC_URL']]).toEqual(['root', 'http://a.test']);
    const manager = app.get(HotConfigManager);
    folder.write('.env', 'HC_PORT=2\nHC_HOST=b.test\n');
    await manager.reload();
    expect(read()).toEqual([2, 'http://b.test', 'feature']);
    folder.write('.env.feature', 'HC_URL=http://${HC_HOST}:$HC_PORT\n');
    await manager.reload();
    expect(read()).toEqual([2, 'http://b.test:2', undefined]);
    expect(process.env['HC_BOTH']).toBeUndefined();
    folder.write('.env', 'HC_PORT=none\n');
    expect((await manager.reload()).outcome).toBe('rejected');
    expect(process.env['HC_URL']).toBe('http://b.test:2');
  });

  it('may be exported again by the modules that call them', async () => {
    restoreEnvironment();
    const envFilePath = new TempFolder().write('.env', 'HC_PORT=1\n');
    @Module({
      imports: [HotConfigModule.forRoot({ ...quiet, envFilePath, isGlobal: false })],
      exports: [HotConfigModule],
    })
    class SharedModule {}
    @Injectable()
    class Reader {
      constructor(readonly config: ConfigService) {}
    }
    @Module({ imports: [SharedModule], providers: [Reader], exports: [Reader] })
    class FeatureModule {}
    const app = await started([FeatureModule]);
    expect(app.get(Reader).config.get('HC_PORT')).toBe('1');
  });

  it('start and stop the shared runtime once', async () => {
    let loads = 0;
    const sources = [new MemorySource({ n: 1 })];
    const count = () => ({ loads: (loads += 1) });
    const app = await started([
      HotConfigModule.forRoot({ ...quiet, sources, load: [count] }),
      HotConfigModule.forRoot({ ignoreEnvFile: true }),
    ]);
    await app.init();
    expect(app.get(ConfigService).get('n')).toBe(1);
    expect(loads).toBe(1);
  });

  it('are rejected if they contradict each other, or one is a forRootAsync()', async () => {
    const one = HotConfigModule.forRoot({ ...quiet, files: ['a.yaml'] });
    await expect(started([one, HotConfigModule.forRoot({ files: ['b.yaml'] })])).rejects.toThrow(
      'HotConfigModule.forRoot() is called several times with different values for "files": pass that option once',
    );
    const late = HotConfigModule.forRootAsync({ useFactory: () => quiet });
    await expect(started([HotConfigModule.forRoot({ ignoreEnvFile: true }), late])).rejects.toThrow(
      'HotConfigModule.forRootAsync() cannot be combined with another forRoot() in the same app',
    );
  });
});

describe('A namespace of ConfigModule.forFeature()', () => {
  const database = registerAs('database', () => ({
    host: process.env['HC_HOST'],
    pool: { max: Number(process.env['HC_POOL']) },
    ...(process.env['HC_TLS'] && { tls: true }),
  }));

  it('is live when injected and by asProvider(), and unchanged members are identical to those of the factory', async () => {
    class Reader {
      constructor(readonly given: ConfigType<typeof database>) {}
    }
    const { imports, useFactory, inject } = database.asProvider();
    @Module({
      imports: [...(imports ?? [])],
      providers: [
        { provide: 'options', useFactory, inject },
        {
          provide: Reader,
          useFactory: (given: ConfigType<typeof database>) => new Reader(given),
          inject: [database.KEY],
        },
      ],
      exports: ['options', Reader],
    })
    class DatabaseModule {}
    const { app, save } = await startEnvApp('HC_HOST=a\nHC_POOL=1\n', {}, { imports: [DatabaseModule] });
    await app.init();
    const injected = app.get(Reader, { strict: false }).given;
    const options = app.get<ConfigType<typeof database>>('options', { strict: false });
    const { pool } = injected;
    expect(options).toEqual({ host: 'a', pool: { max: 1 } });
    await save('HC_HOST=b\nHC_POOL=1\nHC_TLS=yes\n');
    for (const each of [injected, options]) expect(each).toEqual({ host: 'b', pool: { max: 1 }, tls: true });
    expect(injected.pool).toBe(pool);
    expect(Object.isFrozen(pool)).toBe(false);
    await save('HC_HOST=b\nHC_POOL=2\n');
    expect({ ...injected }).toEqual({ host: 'b', pool: { max: 2 }, tls: undefined });
    injected.host = 'mine';
    await save('HC_HOST=c\nHC_POOL=2\n');
    expect(injected).toMatchObject({ host: 'mine', pool: { max: 2 } });
  });

  it('stays unchanged if it cannot follow: a primitive value, a class instance, an array', async () => {
    class Settings {
      host = process.env['HC_HOST'];
    }
    const frozen = registerAs('frozen', () => Object.freeze({ host: process.env['HC_HOST'] }));
    const instance = registerAs('instance', () => new Settings());
    const list = registerAs('list', () => [process.env['HC_HOST']] as unknown as Record<string, unknown>);
    const imports = [frozen, instance, list].map((make) => ConfigModule.forFeature(make));
    const { app, config, save } = await startEnvApp('HC_HOST=a\n', {}, { imports });
    await app.init();
    await save('HC_HOST=b\n');
    expect(app.get(frozen.KEY, { strict: false })).toEqual({ host: 'a' });
    expect(app.get(instance.KEY, { strict: false })).toBeInstanceOf(Settings);
    expect(app.get(list.KEY, { strict: false })).toEqual(['a']);
    expect(config.get('frozen.host')).toBe('b');
  });

  it('may be overridden by a test, however it is declared', async () => {
    const declared: [string, NonNullable<Parameters<typeof Module>[0]['imports']>][] = [
      ['load', [HotConfigModule.forRoot({ ...quiet, ignoreEnvFile: true, load: [database] })]],
      [
        'theirs',
        [HotConfigModule.forRoot({ ...quiet, ignoreEnvFile: true }), ConfigModule.forFeature(database)],
      ],
      [
        'ours',
        [HotConfigModule.forRoot({ ...quiet, ignoreEnvFile: true }), HotConfigModule.forFeature(database)],
      ],
    ];
    for (const [way, imports] of declared) {
      @Global()
      @Module({})
      class OtherModule {}
      const module = await Test.createTestingModule({ imports: [...imports, OtherModule] })
        .overrideProvider(database.KEY)
        .useValue({ host: 'fake' })
        .compile();
      await module.init();
      expect(module.get(database.KEY, { strict: false }), way).toEqual({ host: 'fake' });
      expect(module.get(ConfigService, { strict: false }).get('database.host'), way).toBe('fake');
      await module.close();
    }
  });
});

describe('A ConfigModule.forRoot() beside HotConfigModule.forRoot()', () => {
  const leftIn = async (options: ConfigModuleOptions) => {
    const left = ConfigModule.forRoot(options);
    @Module({ imports: [left] })
    class FeatureModule {}
    return startEnvApp('HC_HOST=a\n', {}, { imports: [FeatureModule] });
  };

  it('may load factories: they are called again at each reload', async () => {
    const load = [
      registerAs('feature', () => ({ host: process.env['HC_HOST'] })),
      () => ({ n: process.env['HC_HOST'] }),
    ];
    const { config, save } = await leftIn({ load, ignoreEnvFile: true });
    expect([config.get('feature.host'), config.get('n')]).toEqual(['a', 'a']);
    await save('HC_HOST=b\n');
    expect([config.get('feature.host'), config.get('n')]).toEqual(['b', 'b']);
  });

  it('fails the start if it validates, and the error names the module that imports it', async () => {
    const validationSchema = Joi.object({ HC_HOST: Joi.string() });
    await expect(leftIn({ ignoreEnvFile: true, validationSchema })).rejects.toThrow(
      'ConfigModule.forRoot(), imported by FeatureModule, validates variables, but nothing reads the result: ' +
        'replace it by HotConfigModule.forRoot()',
    );
  });

  it('is a warning if it reads a file that is not followed', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const envFilePath = new TempFolder().write('.env.feature', 'HC_URL=x\n');
    const { config } = await leftIn({ envFilePath });
    expect(config.get('HC_URL')).toBe('x');
    expect(warn.mock.calls).toEqual([
      [
        `ConfigModule.forRoot(), imported by FeatureModule, does not follow changes of ${envFilePath}: ` +
          'replace it by HotConfigModule.forRoot()',
      ],
    ]);
  });

  it('is nothing to report if it reads the same file', async () => {
    restoreEnvironment();
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const envFilePath = new TempFolder().write('.env', 'HC_HOST=a\n');
    await started([
      HotConfigModule.forRoot({ ...quiet, envFilePath }),
      ConfigModule.forRoot({ envFilePath }),
    ]);
    expect(warn).not.toHaveBeenCalled();
  });
});
