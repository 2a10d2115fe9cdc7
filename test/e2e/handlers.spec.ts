import 'reflect-metadata';
import {
  Controller,
  Global,
  Injectable,
  Module,
  Scope,
  type INestApplicationContext,
  type ModuleMetadata,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader, ModulesContainer, NestFactory } from '@nestjs/core';
import {
  BeforeConfigChange,
  ConfigPatternError,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  OnConfigChange,
  RequestConfig,
  type AppliedReload,
  type BeforeConfigChangeEvent,
  type BeforeConfigReload,
  type ConfigChangeEvent,
  type OnConfigRejected,
  type OnConfigReload,
  type RejectedReload,
  type ReloadRequest,
} from 'nestjs-hot-config';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MemorySource } from '../support/memory.source.js';

/** The calls, in order. */
let calls: string[] = [];
beforeEach(() => void (calls = []));

async function start(metadata: ModuleMetadata, tree = { llm: { model: 'a', timeout: 1 }, log: 'info' }) {
  const source = new MemorySource(tree);
  @Module({
    ...metadata,
    imports: [HotConfigModule.forRoot({ sources: [source] }), ...(metadata.imports ?? [])],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.init();
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  const save = async (next: object) => {
    source.set({ ...tree, ...next } as never);
    const result = await manager.reload();
    await manager.settled();
    return result;
  };
  return { app, manager, save, source };
}

const model = (name: string) => ({ llm: { model: name, timeout: 1 } });

describe('@OnConfigChange()', () => {
  it('calls methods of providers and controllers, sync and async, with what changed', async () => {
    const events: ConfigChangeEvent[] = [];
    @Injectable()
    class LlmService {
      @OnConfigChange('llm.*')
      async onLlm(event: ConfigChangeEvent) {
        await Promise.resolve();
        events.push(event);
        calls.push('provider');
      }
    }
    @Controller()
    class LlmController {
      @OnConfigChange('llm.model')
      onModel() {
        calls.push('controller');
      }
      @OnConfigChange('log')
      onLog() {
        calls.push('never');
      }
    }
    const { save } = await start({ providers: [LlmService], controllers: [LlmController] });
    await save(model('b'));
    expect(calls.toSorted()).toEqual(['controller', 'provider']);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      changes: [{ path: 'llm.model', previous: 'a', current: 'b' }],
      cause: 'manual',
      previous: { version: 1 },
      current: { version: 2 },
    });
  });

  it('may be used several times on a method, with several patterns each', async () => {
    @Injectable()
    class Service {
      @OnConfigChange(['llm.model', 'llm.timeout'])
      @OnConfigChange(/^log$/)
      on({ changes }: ConfigChangeEvent) {
        calls.push(changes.map(({ path }) => path).join(' '));
      }
    }
    const { save } = await start({ providers: [Service] });
    await save({ llm: { model: 'b', timeout: 2 }, log: 'debug' });
    expect(calls.toSorted()).toEqual(['llm.model llm.timeout', 'log']);
  });

  it('is inherited, except by a method that is overridden', async () => {
    class Base {
      @OnConfigChange('llm')
      inherited() {
        calls.push(`${this.constructor.name}.inherited`);
      }
      @OnConfigChange('llm')
      overridden() {
        calls.push('Base.overridden');
      }
    }
    @Injectable()
    class Service extends Base {
      override overridden() {
        calls.push('Service.overridden');
      }
    }
    const { save } = await start({ providers: [Service] });
    await save(model('b'));
    expect(calls).toEqual(['Service.inherited']);
  });

  it('calls an instance once, even if several tokens and modules provide it', async () => {
    @Injectable()
    class Service {
      @OnConfigChange('llm')
      on() {
        calls.push('on');
      }
    }
    const shared = new Service();
    const value = { provide: 'VALUE', useValue: shared };
    @Module({ providers: [value] })
    class OtherModule {}
    const { save } = await start({
      imports: [OtherModule],
      providers: [
        Service,
        { provide: 'ALIAS', useExisting: Service },
        { provide: 'FACTORY', inject: [Service], useFactory: (service: Service) => service },
        value,
      ],
    });
    await save(model('b'));
    expect(calls).toEqual(['on', 'on']); // one for the class, one for the value
  });

  it('finds methods of factories, values and base classes without a decorator', async () => {
    class Plain {
      constructor(readonly name: string) {}
      @OnConfigChange('llm')
      on() {
        calls.push(this.name);
      }
    }
    const { save } = await start({
      providers: [
        { provide: 'FACTORY', useFactory: async () => new Plain('factory') },
        { provide: 'VALUE', useValue: new Plain('value') },
        { provide: 'FUNCTION', useValue: () => 'a function' },
        { provide: 'NOTHING', useValue: null },
        { provide: 'BARE', useValue: Object.create(null) },
        { provide: 'ODD', useValue: Object.create(Object.create(null)) },
        { provide: 'NOTHING_MADE', useFactory: () => undefined },
      ],
    });
    await save(model('b'));
    expect(calls.toSorted()).toEqual(['factory', 'value']);
  });

  it.each([
    ['request', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('calls a method of a %s-scoped provider on a new instance for each event', async (_what, scope) => {
    const instances = new Set<unknown>();
    @Injectable({ scope })
    class Service {
      constructor(private readonly config: HotConfigService) {}
      @OnConfigChange('llm')
      on() {
        instances.add(this);
        calls.push(this.config.get('llm.model'));
      }
    }
    const { save } = await start({ providers: [Service] });
    await save(model('b'));
    await save(model('c'));
    expect(calls).toEqual(['b', 'c']);
    expect(instances.size).toBe(2);
  });

  it('calls a method of a controller that a dependency makes request-scoped, in the version it is notified of', async () => {
    @Controller()
    class ScopedController {
      constructor(private readonly config: RequestConfig<{ llm: { model: string } }>) {}
      @OnConfigChange('llm')
      on({ current }: ConfigChangeEvent) {
        calls.push(`${this.config.get('llm.model')} ${this.config.snapshot.version === current.version}`);
      }
    }
    const { save } = await start({ controllers: [ScopedController] });
    await save(model('b'));
    expect(calls).toEqual(['b true']);
  });

  it('reads the version it is notified of by HotConfigService', async () => {
    @Injectable()
    class Service {
      constructor(private readonly config: HotConfigService) {}
      @OnConfigChange('llm')
      async on({ current }: ConfigChangeEvent) {
        await new Promise((resolve) => setImmediate(resolve));
        calls.push(`${this.config.snapshot.version} ${current.version}`);
      }
    }
    const { source, manager } = await start({ providers: [Service] });
    source.set({ llm: { model: 'b' } });
    await manager.reload();
    source.set({ llm: { model: 'c' } });
    await manager.reload();
    await manager.settled();
    expect(calls).toEqual(['2 2', '3 3']);
  });

  it('is called for a reload that another provider triggered while the app was starting', async () => {
    const source = new MemorySource({ n: 1 });
    @Injectable()
    class Early {
      readonly atConstruction: number;
      constructor(config: HotConfigService<{ n: number }>) {
        this.atConstruction = config.get('n');
      }
      @OnConfigChange('n')
      on({ current }: ConfigChangeEvent) {
        calls.push(`${this.atConstruction} ${current.get('n') as number}`);
      }
    }
    @Injectable()
    class Migration implements OnModuleInit {
      constructor(private readonly manager: HotConfigManager) {}
      async onModuleInit() {
        source.set({ n: 2 });
        await this.manager.reload();
      }
    }
    @Module({ imports: [HotConfigModule.forRoot({ sources: [source] })], providers: [Early, Migration] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await app.get(HotConfigManager).settled();
    await app.close();
    expect(calls).toEqual(['1 2']);
  });

  it.each([
    ['@OnConfigChange() with an invalid pattern', () => OnConfigChange('llm..model'), 'on'],
    ['@BeforeConfigChange() with an invalid pattern', () => BeforeConfigChange('[llm'), 'on'],
    ['@OnConfigChange() with an invalid option', () => OnConfigChange('a', { timeout: -1 }), 'on'],
    ['@BeforeConfigChange() with an invalid option', () => BeforeConfigChange('a', { timeout: 0 }), 'on'],
  ])('%s fails the start, with the class and the method in the error', async (_what, decorate) => {
    @Injectable()
    class Broken {
      on() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Broken.prototype, 'on')!;
    decorate()(Broken.prototype, 'on', descriptor);
    const error: unknown = await start({ providers: [Broken] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigPatternError);
    expect((error as Error).message).toMatch(/^Broken\.on is not a valid change handler: /);
    expect((error as Error).stack).toBe((error as Error).message);
  });
});

describe('@BeforeConfigChange()', () => {
  it('vetoes a candidate, and gets it together with the snapshot in force', async () => {
    @Injectable()
    class LlmService {
      constructor(private readonly config: HotConfigService) {}
      @BeforeConfigChange('llm.model')
      async check({ candidate, current }: BeforeConfigChangeEvent) {
        await Promise.resolve();
        calls.push(`${current.get('llm.model') as string} ${candidate.get('llm.model') as string}`);
        expect(this.config.get('llm.model')).toBe('a');
        if (candidate.get('llm.model') === 'x') throw new Error('there is no model x');
      }
    }
    const { save, app } = await start({ providers: [LlmService] });
    expect(await save(model('x'))).toMatchObject({
      outcome: 'rejected',
      stage: 'prepare',
      issues: [{ message: 'LlmService.check refused the change of llm.model: there is no model x' }],
    });
    expect(app.get<HotConfigService>(HotConfigService).get('llm.model')).toBe('a');
    expect((await save({ log: 'debug' })).outcome).toBe('applied');
    expect((await save(model('b'))).outcome).toBe('applied');
    expect(calls).toEqual(['a x', 'a b']);
  });

  it('vetoes by a timeout, and from a request-scoped provider as well', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Slow {
      @BeforeConfigChange('llm', { timeout: 15 })
      check() {
        return new Promise(() => undefined);
      }
    }
    const { save } = await start({ providers: [Slow] });
    expect(await save(model('b'))).toMatchObject({
      outcome: 'rejected',
      issues: [{ message: 'Slow.check refused the change of llm.model: no answer within 15 ms' }],
    });
  });
});

describe('A lazily loaded module', () => {
  @Injectable()
  class LazyService {
    constructor(readonly config: HotConfigService<{ llm: { model: string } }>) {}
    @OnConfigChange('llm')
    on({ current }: ConfigChangeEvent) {
      calls.push(`notified ${current.get('llm.model') as string}`);
    }
    @BeforeConfigChange('llm')
    check({ candidate }: BeforeConfigChangeEvent) {
      if (candidate.get('llm.model') === 'x') throw new Error('no');
    }
    onConfigReload({ version }: AppliedReload) {
      calls.push(`reloaded ${version}`);
    }
  }
  @Module({ providers: [LazyService] })
  class LazyModule {}

  const load = (app: INestApplicationContext) => app.get(LazyModuleLoader).load(() => LazyModule);

  it('takes part with its handlers, vetoes and hooks from the next reload on', async () => {
    const { app, save } = await start({});
    await save(model('b'));
    const module = await load(app);
    expect(module.get(LazyService).config.get('llm.model')).toBe('b');
    await save(model('x'));
    await save(model('c'));
    expect(calls.toSorted()).toEqual(['notified c', 'reloaded 3']);
  });

  it('is notified of a version whose reload was in progress while it was loaded', async () => {
    const { app, source, manager } = await start({});
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const loading = source.load.bind(source);
    source.load = async () => (await held, loading());
    source.set({ llm: { model: 'b', timeout: 1 }, log: 'info' });
    const reload = manager.reload();
    const module = await load(app);
    expect(module.get(LazyService).config.get('llm.model')).toBe('a');
    release();
    await reload;
    await manager.settled();
    expect(calls).toContain('notified b');
  });

  it('is not notified after it is removed from the app', async () => {
    const { app, save } = await start({});
    await load(app);
    await save(model('b'));
    const modules = app.get(ModulesContainer, { strict: false });
    for (const [key, module] of modules) if (module.metatype === LazyModule) modules.delete(key);
    calls = [];
    await save(model('c'));
    await save(model('x'));
    expect(calls).toEqual([]);
  });

  it('with an invalid pattern is reported once, and its other methods are registered', async () => {
    @Injectable()
    class Broken {
      @OnConfigChange('llm..')
      broken() {}
      @OnConfigChange('llm')
      fine() {
        calls.push('fine');
      }
    }
    @Module({ providers: [Broken] })
    class BrokenModule {}
    const errors: unknown[] = [];
    const log = { log() {}, warn() {}, error: (message: unknown) => errors.push(message), verbose() {} };
    const source = new MemorySource({ llm: 1 });
    @Module({ imports: [HotConfigModule.forRoot({ sources: [source] })] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: log });
    await app.get(LazyModuleLoader).load(() => BrokenModule);
    for (const llm of [2, 3]) {
      source.set({ llm });
      await app.get(HotConfigManager).settled();
    }
    await app.close();
    expect(calls).toEqual(['fine', 'fine']);
    expect(errors).toEqual([expect.stringContaining('Broken.broken is not a valid change handler')]);
  });
});

describe('Lifecycle hooks', () => {
  it('are found by their names on any provider or controller, and called in their order', async () => {
    @Injectable()
    class Audit implements BeforeConfigReload, OnConfigReload, OnConfigRejected {
      async beforeConfigReload({ cause }: ReloadRequest) {
        await Promise.resolve();
        calls.push(`before ${cause}`);
      }
      @OnConfigChange('**')
      onChange() {
        calls.push('change');
      }
      onConfigReload({ outcome, version }: AppliedReload) {
        calls.push(`${outcome} ${version}`);
      }
      onConfigRejected({ outcome, stage }: RejectedReload) {
        calls.push(`${outcome} ${stage}`);
      }
      onConfigRollback() {
        calls.push('rolled back');
      }
    }
    const { save, source, manager } = await start({ controllers: [], providers: [Audit] });
    calls = [];
    await save(model('b'));
    expect(calls.toSorted()).toEqual(['applied 2', 'before manual', 'change']);
    expect(calls[0]).toBe('before manual');
    calls = [];
    await save(model('b'));
    expect(calls).toEqual(['before manual']);
    calls = [];
    source.set(new Error('down'));
    await manager.settled();
    expect(calls).toEqual(['before file', 'rejected collect']);
  });

  it('get the cause of a reload before it, and what its caller has passed', async () => {
    const requests: ReloadRequest[] = [];
    @Injectable()
    class Audit implements BeforeConfigReload {
      beforeConfigReload(request: ReloadRequest) {
        requests.push(request);
      }
    }
    const { manager } = await start({ providers: [Audit] });
    await manager.set('llm.model', 'c', { reason: 'trying it', actor: 'ann' });
    await manager.reload({ force: true });
    expect(requests).toEqual([
      { cause: 'override', reason: 'trying it', actor: 'ann' },
      { cause: 'manual', force: true },
    ]);
  });

  it('stop neither the reload nor each other if they fail', async () => {
    @Injectable()
    class First {
      onConfigReload() {
        throw new Error('broken');
      }
      beforeConfigReload() {
        return Promise.reject(new Error('broken'));
      }
    }
    @Global()
    @Injectable()
    class Second {
      onConfigReload() {
        calls.push('second');
      }
    }
    const { save } = await start({ providers: [First, Second] });
    expect((await save(model('b'))).outcome).toBe('applied');
    expect(calls).toEqual(['second']);
  });
});
