import 'reflect-metadata';
import { Inject, Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { IsInt, Max } from 'class-validator';
import {
  ConfigParseError,
  ConfigValidationError,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type HotConfigModuleOptions,
  type HotConfigOptionsFactory,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';

const quiet = { logger: false, abortOnError: false } as const;

/** Starts an app of these modules, closed when the test is over. */
async function start(...imports: (DynamicModule | Type | Promise<DynamicModule>)[]) {
  @Module({ imports })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, quiet);
  onTestFinished(() => app.close());
  return app;
}

class LimitedConfig {
  @IsInt()
  @Max(10)
  n = 1;
}

const OPTIONS = Symbol('OPTIONS');

@Module({
  providers: [{ provide: OPTIONS, useValue: { sources: [new MemorySource({ n: 5 })] } }],
  exports: [OPTIONS],
})
class OptionsModule {}

@Injectable()
class OptionsFactory implements HotConfigOptionsFactory {
  constructor(@Inject(OPTIONS) private readonly options: HotConfigModuleOptions) {}
  createHotConfigOptions() {
    return Promise.resolve(this.options);
  }
}

@Module({ imports: [OptionsModule], providers: [OptionsFactory], exports: [OptionsFactory] })
class FactoryModule {}

describe('HotConfigModule', () => {
  it.each<[string, () => DynamicModule | Promise<DynamicModule>]>([
    ['forRoot()', () => HotConfigModule.forRoot({ sources: [new MemorySource({ n: 5 })] })],
    [
      'forRootAsync() with useFactory and inject',
      () =>
        HotConfigModule.forRootAsync({
          imports: [OptionsModule],
          inject: [OPTIONS],
          useFactory: async (options: HotConfigModuleOptions) => options,
        }),
    ],
    [
      'forRootAsync() with useClass',
      () => HotConfigModule.forRootAsync({ imports: [OptionsModule], useClass: OptionsFactory }),
    ],
    [
      'forRootAsync() with useExisting',
      () => HotConfigModule.forRootAsync({ imports: [FactoryModule], useExisting: OptionsFactory }),
    ],
  ])('reads what the options of %s say', async (_what, module) => {
    const app = await start(module());
    expect(app.get<HotConfigService>(HotConfigService).get('n')).toBe(5);
    expect(app.get(HotConfigManager).status()).toMatchObject({ version: 1, watching: true, cause: 'boot' });
  });

  it('needs no options at all', async () => {
    const app = await start(HotConfigModule.forRoot());
    expect(app.get<HotConfigService>(HotConfigService).value).toEqual({});
    expect(app.get(HotConfigManager).status().version).toBe(1);
  });

  it('accepts any configuration without a schema, and returns an instance of the schema class with one', async () => {
    const sources = [new MemorySource({ n: 3 })];
    const [plain, checked] = [
      await start(HotConfigModule.forRoot({ sources })),
      await start(HotConfigModule.forRoot({ sources, schema: LimitedConfig })),
    ];
    expect(plain.get<HotConfigService>(HotConfigService).value).toEqual({ n: 3 });
    expect(checked.get<HotConfigService>(HotConfigService).value).toBeInstanceOf(LimitedConfig);
  });

  it('reads files in their order, then sources: a later one wins', async () => {
    const folder = new TempFolder();
    const files = [folder.write('a.yaml', 'a: 1\nb: 1\nc: 1\n'), folder.write('b.json', '{"b": 2, "c": 2}')];
    const app = await start(HotConfigModule.forRoot({ files, sources: [new MemorySource({ c: 3 })] }));
    expect(app.get<HotConfigService>(HotConfigService).value).toEqual({ a: 1, b: 2, c: 3 });
  });

  it('is global, so that every module can read', async () => {
    @Injectable()
    class Reader {
      constructor(readonly config: HotConfigService) {}
    }
    @Module({ providers: [Reader], exports: [Reader] })
    class ReaderModule {}
    const app = await start(HotConfigModule.forRoot({ sources: [new MemorySource({ n: 5 })] }), ReaderModule);
    expect(app.get(Reader).config.get('n')).toBe(5);
  });

  it.each([
    ['forRoot()', () => HotConfigModule.forRoot({ isGlobal: false })],
    ['forRootAsync()', () => HotConfigModule.forRootAsync({ isGlobal: false, useFactory: () => ({}) })],
  ])('of %s is not global with isGlobal: false', async (_what, module) => {
    @Injectable()
    class Reader {
      constructor(readonly config: HotConfigService) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    await expect(start(module(), ReaderModule)).rejects.toThrow(/can't resolve dependencies of the Reader/);
  });

  it('provides the same service under the token of @nestjs/config', async () => {
    @Injectable()
    class Reader {
      constructor(readonly config: ConfigService) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const app = await start(HotConfigModule.forRoot({ sources: [new MemorySource({ n: 5 })] }), ReaderModule);
    expect(app.get(Reader).config).toBe(app.get<HotConfigService>(HotConfigService));
    expect(app.get(Reader).config.get('n')).toBe(5);
    expect(app.get(Reader).config.getOrThrow('n')).toBe(5);
  });

  it('has loaded before any constructor or async factory runs', async () => {
    @Injectable()
    class Reader {
      readonly n: number;
      constructor(config: HotConfigService<{ n: number }>) {
        this.n = config.get('n');
      }
    }
    @Module({
      providers: [
        Reader,
        {
          provide: 'POOL',
          inject: [HotConfigService],
          useFactory: async (config: HotConfigService<{ n: number }>) => ({ size: config.get('n') }),
        },
      ],
    })
    class PoolModule {}
    const source = new MemorySource({ n: 5 });
    const load = source.load.bind(source);
    source.load = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return load();
    };
    // Before the configuration module on purpose: Nest creates first what is imported first.
    const app = await start(PoolModule, HotConfigModule.forRoot({ sources: [source] }));
    expect(app.get(Reader).n).toBe(5);
    expect(app.get('POOL')).toEqual({ size: 5 });
  });

  it('fails the start on invalid configuration, with an error for people and for programs', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', '# the app\nn: 11\n');
    const error: unknown = await start(
      HotConfigModule.forRoot({ files: [path], schema: LimitedConfig }),
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigValidationError);
    expect((error as Error).message).toMatch(/app\.yaml:2:4 {2}n must not be greater than 10 \(was 11\)$/);
    expect(error).toMatchObject({
      code: 'CONFIG_VALIDATION',
      stage: 'validate',
      issues: [{ path: 'n', origin: { line: 2, column: 4 } }],
    });
  });

  it('fails the start on malformed text, with its place', async () => {
    const path = new TempFolder().write('app.json', '{\n  "n": 1,\n  "m" 2\n}');
    const error: unknown = await start(HotConfigModule.forRoot({ files: [path], settleTimeout: 0 })).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigParseError);
    expect((error as Error).message).toMatch(/app\.json:3:7 /);
  });

  it('fails the start on a missing file, and on invalid options', async () => {
    const missing = new TempFolder().file('app.yaml');
    await expect(start(HotConfigModule.forRoot({ files: [missing], settleTimeout: 0 }))).rejects.toThrow(
      /app\.yaml/,
    );
    await expect(start(HotConfigModule.forRoot({ settleTimeout: Number.NaN }))).rejects.toThrow(
      '"settleTimeout"',
    );
    await expect(start(HotConfigModule.forRoot({ rateLimit: { max: 0 } }))).rejects.toThrow(
      '"rateLimit.max"',
    );
  });

  it('shares nothing with another app in the same process', async () => {
    const [one, other] = [new MemorySource({ n: 1 }), new MemorySource({ n: 100 })];
    const [first, second] = [
      await start(HotConfigModule.forRoot({ sources: [one] })),
      await start(HotConfigModule.forRoot({ sources: [other] })),
    ];
    const notified: string[] = [];
    first.get<HotConfigService>(HotConfigService).onChange('n', () => void notified.push('first'));
    second.get<HotConfigService>(HotConfigService).onChange('n', () => void notified.push('second'));
    one.set({ n: 2 });
    await first.get(HotConfigManager).settled();
    await second.get(HotConfigManager).settled();
    expect(notified).toEqual(['first']);
    expect(first.get<HotConfigService>(HotConfigService).get('n')).toBe(2);
    expect(second.get<HotConfigService>(HotConfigService).get('n')).toBe(100);
    expect(second.get(HotConfigManager).status()).toMatchObject({ version: 1, reloads: { applied: 1 } });
  });

  it('closes its sources with the app, even if the start has failed', async () => {
    const source = new MemorySource({ n: 11 });
    await expect(
      start(HotConfigModule.forRoot({ sources: [source], schema: LimitedConfig })),
    ).rejects.toThrow('not be greater');
    expect(source.closed).toBe(1);
    const good = new MemorySource({ n: 1 });
    const app = await start(HotConfigModule.forRoot({ sources: [good] }));
    await app.close();
    expect(good.closed).toBe(1);
  });
});

describe('HotConfigManager', () => {
  it('adds a source and removes it again, by the object or by its name, in one app only', async () => {
    const app = await start(HotConfigModule.forRoot({ sources: [new MemorySource({ n: 1 }, 'base')] }));
    const [config, manager] = [app.get<HotConfigService>(HotConfigService), app.get(HotConfigManager)];
    const [a, b] = [new MemorySource({ n: 2 }, 'a'), new MemorySource({ n: 3 }, 'b')];
    expect(await manager.addSource(a)).toMatchObject({ outcome: 'applied', version: 2 });
    await manager.addSource(b);
    expect(config.get('n')).toBe(3);
    b.set({ n: 4 });
    await manager.settled();
    expect(config.get('n')).toBe(4);
    await manager.removeSource('b');
    expect(config.get('n')).toBe(2);
    // A source of the same name is another source.
    await manager.removeSource(new MemorySource({}, 'a'));
    expect(config.get('n')).toBe(2);
    await manager.removeSource(a);
    expect(config.get('n')).toBe(1);
    expect((await manager.removeSource('nobody')).outcome).toBe('unchanged');
    expect([a.closed, b.closed]).toEqual([1, 1]);
  });

  it('reloads with a reason and an actor, and keeps neither if nothing changed', async () => {
    const source = new MemorySource({ n: 1 });
    const app = await start(HotConfigModule.forRoot({ sources: [source], enabled: false }));
    const manager = app.get(HotConfigManager);
    expect(await manager.reload()).toMatchObject({ outcome: 'unchanged', cause: 'manual' });
    source.set({ n: 2 });
    expect(await manager.reload({ reason: 'why', actor: 'who' })).toMatchObject({
      outcome: 'applied',
      reason: 'why',
      actor: 'who',
    });
  });

  it('returns a status without configured values', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'password: hunter2\n');
    const app = await start(HotConfigModule.forRoot({ files: [path] }));
    const status = app.get(HotConfigManager).status();
    expect(status).toMatchObject({
      version: 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      since: expect.any(Date),
      reloads: { applied: 1, unchanged: 0, rejected: 0 },
      drifted: false,
      watching: true,
      watchedFiles: [path],
      pollingFiles: [],
      missedEvents: 0,
      breaker: 'closed',
      pendingRestart: [],
      sources: [{ name: path, health: 'live', since: expect.any(Date) as Date }],
    });
    expect(status.lastError).toBeUndefined();
    expect(JSON.stringify(status)).not.toContain('hunter2');
  });
});
