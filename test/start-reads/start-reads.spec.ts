import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type LoggerService,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ConfigService, registerAs, type ConfigType } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  type ConfigAccessor,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  InjectConfig,
  OnConfigChange,
  Refreshable,
  refreshable,
} from 'nestjs-hot-config';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { startApp } from '../support/start-app.js';

const TREE = { auth: { secret: 'first-secret', ttl: 60 }, llm: { model: 'small' } };
const CHANGED = { auth: { secret: 'other-secret', ttl: 60 }, llm: { model: 'small' } };

/** Collects the warnings of an app: each line of one record with several. */
function collectWarnings(): { readonly warnings: string[]; readonly logger: LoggerService } {
  const warnings: string[] = [];
  const nothing = () => undefined;
  const warn = (text: string) => {
    const [first, ...others] = text.split('\n  ');
    warnings.push(...(others.length > 0 ? others : [first!]));
  };
  return { warnings, logger: { log: nothing, error: nothing, warn } };
}

/** Starts an app with these parts, and collects its warnings. */
async function started(parts: ModuleMetadata, tree: typeof TREE = TREE) {
  const { warnings, logger } = collectWarnings();
  return { ...(await startApp(tree, parts, { logger })), warnings };
}

@Injectable()
class JwtStrategy {
  readonly secret: unknown;

  constructor(config: HotConfigService) {
    this.secret = config.getOrThrow('auth.secret');
  }
}

const HERE = 'test/start-reads/start-reads.spec.ts';

describe('A value that was read at start', () => {
  it('is a warning when it changes, with the class and the file that read it', async () => {
    const { change, warnings } = await started({ providers: [JwtStrategy] });
    await change(CHANGED);
    expect(warnings).toEqual([
      `auth.secret changed; JwtStrategy read it at start (${HERE}) and may still use the old value`,
    ]);
  });

  it('is warned of once, however often it changes', async () => {
    const { change, warnings } = await started({ providers: [JwtStrategy] });
    await change(CHANGED);
    await change({ ...TREE, auth: { secret: 'a-third-secret', ttl: 60 } });
    expect(warnings).toHaveLength(1);
  });

  it('is in the status until it is again what it was at start', async () => {
    const { change, manager, warnings } = await started({ providers: [JwtStrategy] });
    expect(manager.status().readAtStart).toEqual([]);
    await change(CHANGED);
    expect(manager.status().readAtStart).toEqual([{ path: 'auth.secret', by: 'JwtStrategy', place: HERE }]);
    await manager.rollback();
    expect(manager.status().readAtStart).toEqual([]);
    await change({ ...TREE, auth: { secret: 'a-third-secret', ttl: 60 } });
    expect(warnings).toHaveLength(2);
  });

  it('is in the plan of a change of it, and of no other', async () => {
    const { manager } = await started({ providers: [JwtStrategy] });
    const plan = await manager.plan({ auth: { secret: 'planned' } });
    expect(plan.readAtStart).toEqual([{ path: 'auth.secret', by: 'JwtStrategy', place: HERE }]);
    expect((await manager.plan({ auth: { ttl: 61 } })).readAtStart).toEqual([]);
    expect((await manager.plan()).readAtStart).toEqual([]);
  });

  it('is explained, also before it changes', async () => {
    const { manager } = await started({ providers: [JwtStrategy] });
    const reads = [{ path: 'auth.secret', by: 'JwtStrategy', place: HERE }];
    expect(manager.explain('auth.secret').readAtStart).toEqual(reads);
    expect(manager.explain('auth').readAtStart).toEqual(reads);
    expect(manager.explain('auth.ttl').readAtStart).toEqual([]);
  });

  it('is found in a parent, with the part that changed', async () => {
    @Injectable()
    class Mailer {
      constructor(config: HotConfigService) {
        config.get('auth');
      }
    }
    const { change, manager, warnings } = await started({ providers: [Mailer] });
    await change(CHANGED);
    expect(warnings).toEqual([
      `auth.secret changed; Mailer read auth at start (${HERE}) and may still use the old value`,
    ]);
    expect(manager.status().readAtStart).toMatchObject([{ path: 'auth', by: 'Mailer' }]);
  });

  it('is the whole path that was read, if very much below it has changed', async () => {
    @Injectable()
    class Mailer {
      constructor(config: HotConfigService) {
        config.get('llm');
      }
    }
    const treeOf = (n: number) => ({
      ...TREE,
      llm: { ...TREE.llm, ...Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`limit${at}`, n])) },
    });
    const { change, warnings } = await started({ providers: [Mailer] }, treeOf(1));
    await change(treeOf(2));
    expect(warnings).toEqual([
      `llm changed; Mailer read it at start (${HERE}) and may still use the old value`,
    ]);
  });

  it('is one line if a class has read it and what contains it', async () => {
    @Injectable()
    class Mailer {
      constructor(config: HotConfigService) {
        config.get('auth');
        config.get('auth.secret');
      }
    }
    const { change, warnings } = await started({ providers: [Mailer] });
    await change(CHANGED);
    expect(warnings).toEqual([expect.stringMatching(/^auth\.secret changed; Mailer read it at start/)]);
  });

  it('counts if it had no value, and the class took a default', async () => {
    @Injectable()
    class Mailer {
      constructor(config: HotConfigService) {
        config.get('mail.host', 'localhost');
      }
    }
    const { change, warnings } = await started({ providers: [Mailer] });
    await change({ ...TREE, mail: { host: 'smtp' } } as typeof TREE);
    expect(warnings).toEqual([expect.stringMatching(/^mail\.host changed; Mailer read it at start/)]);
  });

  it('is not warned of if it waits for a restart: nobody reads its new value', async () => {
    const { warnings, logger } = collectWarnings();
    const { change, manager } = await startApp(
      TREE,
      { providers: [JwtStrategy] },
      { logger, restartRequired: ['auth'] },
    );
    await change(CHANGED);
    expect(warnings.filter((text) => text.includes('at start'))).toEqual([]);
    expect(manager.status()).toMatchObject({ readAtStart: [], pendingRestart: ['auth.secret'] });
  });

  it('is summarized if one change concerns very many', async () => {
    const keys = Array.from({ length: 14 }, (_, index) => `k${index}`);
    const treeOf = (value: number) => Object.fromEntries(keys.map((key) => [key, value])) as never;
    @Injectable()
    class Mailer {
      constructor(config: HotConfigService) {
        for (const key of keys) config.get(key);
      }
    }
    const { change, manager, warnings } = await started({ providers: [Mailer] }, treeOf(1));
    await change(treeOf(2));
    expect(warnings).toHaveLength(11);
    expect(warnings.at(-1)).toBe('4 more readers: hot-config status');
    expect(manager.status().readAtStart).toHaveLength(14);
  });
});

describe('The reader of a value at start', () => {
  it('is the class of a hook, also after an await', async () => {
    @Injectable()
    class Cache implements OnModuleInit, OnApplicationBootstrap {
      constructor(private readonly config: HotConfigService) {}

      async onModuleInit(): Promise<void> {
        await this.load();
      }

      async load(): Promise<void> {
        await turn();
        this.config.get('auth.ttl');
      }

      async onApplicationBootstrap(): Promise<void> {
        await turn();
        this.config.get('llm.model');
      }
    }
    const { manager } = await started({ providers: [Cache] });
    expect(manager.explain('auth.ttl').readAtStart).toMatchObject([{ by: 'Cache' }]);
    expect(manager.explain('llm.model').readAtStart).toMatchObject([{ by: 'Cache' }]);
  });

  it('is found in a module with a ConfigService of its own', async () => {
    @Injectable()
    class Mailer {
      constructor(config: ConfigService) {
        config.get('auth.secret');
      }
    }
    const { manager } = await started({ providers: [ConfigService, Mailer] });
    expect(manager.explain('auth.secret').readAtStart).toMatchObject([{ by: 'Mailer' }]);
  });

  it('is the factory of a provider', async () => {
    const providers = [
      {
        provide: 'CLIENT',
        inject: [HotConfigService],
        useFactory: async (config: HotConfigService) => {
          await turn();
          return config.get('auth.secret') as string;
        },
      },
    ];
    const { manager } = await started({ providers });
    expect(manager.explain('auth.secret').readAtStart).toMatchObject([{ by: 'useFactory', place: HERE }]);
  });

  it('is the class that reads through a helper of the app, not the helper', async () => {
    @Injectable()
    class ApiConfig {
      constructor(private readonly config: HotConfigService) {}

      get secret(): unknown {
        return this.config.get('auth.secret');
      }
    }
    @Injectable()
    class Strategy {
      constructor(config: ApiConfig) {
        void config.secret;
      }
    }
    const { manager } = await started({ providers: [ApiConfig, Strategy] });
    expect(manager.explain('auth.secret').readAtStart).toMatchObject([{ by: 'Strategy' }]);
  });

  it('is the function that starts the app, until the hooks of the start have ended', async () => {
    @Module({ imports: [HotConfigModule.forRoot({ sources: [new MemorySource(TREE)] })] })
    class AppModule {}
    async function bootstrap() {
      const app = await NestFactory.create(AppModule, { logger: false });
      onTestFinished(() => app.close());
      app.get(ConfigService).get('auth.ttl');
      await app.init();
      app.get(ConfigService).get('llm.model');
      return app;
    }
    const manager = (await bootstrap()).get(HotConfigManager);
    expect(manager.explain('auth.ttl').readAtStart).toEqual([
      { path: 'auth.ttl', by: 'bootstrap', place: HERE },
    ]);
    expect(manager.explain('llm.model').readAtStart).toEqual([]);
  });
});

describe('Finding readers', () => {
  it('ends when it has taken its share of the start; later reads are recorded without their readers', async () => {
    @Injectable()
    class Second {
      constructor(_first: JwtStrategy, config: HotConfigService) {
        config.get('llm.model');
      }
    }
    const usage = vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 19_000, system: 1_000 });
    onTestFinished(() => usage.mockRestore());
    const { change, manager, warnings } = await started({ providers: [JwtStrategy, Second] });
    await change({ ...CHANGED, llm: { model: 'large' } });
    expect(manager.status().readAtStart).toEqual([
      { path: 'auth.secret', by: 'JwtStrategy', place: HERE },
      { path: 'llm.model' },
    ]);
    expect(warnings[1]).toBe(
      'llm.model changed; it was read at start by code that may still use the old value',
    );
  });

  it('does not fill the memory of an app that reads without end, and never starts', async () => {
    @Module({ imports: [HotConfigModule.forRoot({ sources: [new MemorySource(TREE)] })] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    onTestFinished(() => app.close());
    const config = app.get<HotConfigService>(HotConfigService);
    for (let index = 0; index < 2_500; index += 1) config.get(`llm.k${index}`);
    expect(app.get(HotConfigManager).explain('llm').readAtStart).toHaveLength(2_000);
  });
});

describe('A read at start is no news', () => {
  it('if a handler of the class follows the path', async () => {
    @Injectable()
    class Follower {
      constructor(config: HotConfigService) {
        config.get('auth.secret');
        config.get('llm.model');
      }

      @OnConfigChange('auth.*')
      follow(): void {
        // it takes the new values
      }
    }
    const { change, manager, warnings } = await started({ providers: [Follower] });
    await change({ auth: { secret: 'other-secret', ttl: 61 }, llm: { model: 'large' } });
    expect(warnings).toEqual([expect.stringMatching(/^llm\.model changed; Follower read it at start/)]);
    expect(manager.explain('auth.secret').readAtStart).toEqual([]);
  });

  it('if the class has subscribed to the path', async () => {
    @Injectable()
    class Follower {
      constructor(config: HotConfigService) {
        config.get('auth.secret');
        config.get('llm.model');
        config.onChange('auth', () => undefined);
      }
    }
    const { change, warnings } = await started({ providers: [Follower] });
    await change({ auth: { secret: 'other-secret', ttl: 61 }, llm: { model: 'large' } });
    expect(warnings).toEqual([expect.stringMatching(/^llm\.model changed; Follower read it at start/)]);
  });

  it('if it is a component that follows the path', async () => {
    const { Pool, Client } = components();
    const { change, warnings } = await started({ providers: [Pool, Client] });
    await change(CHANGED);
    expect(warnings).toEqual([]);
  });

  it('unless it is a component that does not follow the path', async () => {
    const { Pool, Client } = components();
    const { change, manager, warnings } = await started({ providers: [Pool, Client] });
    await change({ ...TREE, llm: { model: 'large' } });
    // Nest decides which one is created first.
    expect(warnings.toSorted()).toEqual([
      `llm.model changed; Client read it at start (${HERE}) and may still use the old value`,
      `llm.model changed; Pool read it at start (${HERE}) and may still use the old value`,
    ]);
    // Both are built again, and read the new value then.
    await change({ ...CHANGED, llm: { model: 'large' } });
    expect(manager.status().readAtStart).toEqual([]);
    await change({ ...CHANGED, llm: { model: 'small' } });
    expect(manager.status().readAtStart).toHaveLength(2);
  });

  it('in a plan, for a component that would be built again', async () => {
    const { Pool, Client } = components();
    const { manager } = await started({ providers: [Pool, Client] });
    const both = { auth: { secret: 'planned' }, llm: { model: 'large' } };
    expect((await manager.plan(both)).readAtStart).toEqual([]);
    const { readAtStart } = await manager.plan({ llm: both.llm });
    expect(readAtStart.map(({ by }) => by ?? 'unknown').toSorted()).toEqual(['Client', 'Pool']);
  });

  it('if it is a live view, a handler or pinned work', async () => {
    class Llm {
      readonly model!: string;
    }
    const auth = registerAs('auth', () => ({}));
    @Injectable()
    class Live {
      constructor(
        @InjectConfig('auth.ttl') ttl: ConfigAccessor<number>,
        @Inject(auth.KEY) values: ConfigType<typeof auth>,
        llm: Llm,
        config: HotConfigService,
      ) {
        ttl();
        void Object.keys(values);
        void llm.model;
        config.has('llm.model');
        config.runPinned(() => config.get('llm.model'));
      }
    }
    const { manager } = await started({
      imports: [HotConfigModule.forFeature(Llm, 'llm'), HotConfigModule.forFeature(auth)],
      providers: [Live],
    });
    for (const path of ['auth', 'llm']) expect(manager.explain(path).readAtStart).toEqual([]);
  });

  it('if it is a read of a request', async () => {
    @Controller()
    class Shop {
      constructor(readonly config: HotConfigService) {}

      @Get()
      read(): unknown {
        return this.config.get('llm.model');
      }
    }
    @Module({
      imports: [HotConfigModule.forRoot({ sources: [new MemorySource(TREE)], pinning: false })],
      controllers: [Shop],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    onTestFinished(() => app.close());
    await app.listen(0);
    expect(await (await fetch(await app.getUrl())).text()).toBe('small');
    expect(app.get(HotConfigManager).explain('llm.model').readAtStart).toEqual([]);
  });

  it('if it cannot be found who reads, and the value is read all the same', async () => {
    let secret: unknown;
    @Injectable()
    class Hardened {
      constructor(config: HotConfigService) {
        const setting = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
        Object.defineProperty(Error, 'stackTraceLimit', { ...setting, writable: false });
        secret = config.get('auth.secret');
        Object.defineProperty(Error, 'stackTraceLimit', setting);
      }
    }
    const { manager } = await started({ providers: [Hardened] });
    expect(secret).toBe('first-secret');
    expect(manager.explain('auth.secret').readAtStart).toEqual([]);
  });

  it('if it comes after the start, although another module started slowly', async () => {
    @Injectable()
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        for (let turns = 0; turns < 5; turns += 1) await turn();
        this.config.get('auth.ttl');
      }

      constructor(private readonly config: HotConfigService) {}
    }
    const { config, manager } = await started({ providers: [Slow] });
    config.get('llm.model');
    expect(manager.explain('auth.ttl').readAtStart).toMatchObject([{ by: 'Slow' }]);
    expect(manager.explain('llm.model').readAtStart).toEqual([]);
  });
});

/** Two components that follow the secret, and read the model too. */
function components() {
  class Pool {}
  @Injectable()
  @Refreshable('auth.secret')
  class Client {
    constructor(config: HotConfigService) {
      config.get('auth.secret');
      config.get('llm.model');
    }
  }
  const pool = refreshable({
    provide: Pool,
    on: 'auth.secret',
    inject: [HotConfigService],
    useFactory: (_snapshot, config: HotConfigService) => {
      config.get('auth.secret');
      config.get('llm.model');
      return new Pool();
    },
  });
  return { Pool: pool, Client };
}
