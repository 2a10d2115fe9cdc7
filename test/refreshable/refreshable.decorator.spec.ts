import {
  forwardRef,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  Scope,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import {
  type ConfigChangeEvent,
  type ConfigSnapshot,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  OnConfigChange,
  Refreshable,
  refreshable,
} from 'nestjs-hot-config';
import { beforeEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { MemorySource } from '../support/memory.source.js';
import { startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

const start = { a: 1, b: 1 };
let events: string[] = [];
let failInit = false;

beforeEach(() => {
  events = [];
  failInit = false;
});

@Injectable()
class Helper {
  readonly id = Math.random();
}

@Injectable()
@Refreshable('a')
class Client implements OnModuleInit {
  readonly #name: string;
  @Inject(Helper) readonly byProperty!: Helper;
  constructor(
    readonly config: HotConfigService,
    readonly helper: Helper,
  ) {
    this.#name = `client${config.get<number>('a')}`;
    events.push(`build ${this.#name}`);
  }
  name() {
    return this.#name;
  }
  async onModuleInit() {
    await Promise.resolve();
    if (failInit) throw new Error('no route to host');
    events.push(`init ${this.#name}`);
  }
  onApplicationBootstrap() {
    events.push(`bootstrap ${this.#name}`);
  }
  onModuleDestroy() {
    events.push(`destroy ${this.#name}`);
  }
  beforeApplicationShutdown() {
    events.push(`before shutdown ${this.#name}`);
  }
  onApplicationShutdown() {
    events.push(`shutdown ${this.#name}`);
  }
  @OnConfigChange('**')
  onChange(event: ConfigChangeEvent) {
    events.push(`${this.#name} is notified of version ${event.current.version}`);
  }
}

@Injectable()
class Consumer {
  constructor(readonly client: Client) {}
}

const parts = { providers: [Consumer, Client, Helper] };

describe('A class that is @Refreshable()', () => {
  it('is rebuilt before the change is committed: dependencies injected, onModuleInit awaited', async () => {
    const { app, config, manager, change } = await startApp(start, parts);
    const { client } = app.get(Consumer);
    expect(events).toEqual(['build client1', 'init client1', 'bootstrap client1']);
    expect(client).toBeInstanceOf(Client);

    events.length = 0;
    await config.runPinned(async () => {
      expect((await change({ a: 2, b: 1 })).outcome).toBe('applied');
      expect(client.name()).toBe('client1');
    });
    expect(client.name()).toBe('client2');
    expect(client.helper).toBe(app.get(Helper));
    expect(client.byProperty).toBe(app.get(Helper));
    await manager.settled();
    await until('the old one is disposed of', () => manager.status().refreshables.disposed === 1);
    expect(events.filter((event) => !event.includes('notified'))).toEqual([
      'build client2',
      'init client2',
      'bootstrap client2',
      'destroy client1',
    ]);
    expect(events).toContain('client2 is notified of version 2');
  });

  it('has its handlers called once, on the instance in force', async () => {
    const { manager, change } = await startApp(start, parts);
    for (const [a, b] of [
      [1, 2],
      [2, 2],
      [3, 2],
    ] as const) {
      await change({ a, b });
      await manager.settled();
    }
    expect(events.filter((event) => event.includes('notified'))).toEqual([
      'client1 is notified of version 2',
      'client2 is notified of version 3',
      'client3 is notified of version 4',
    ]);
  });

  it('is not rebuilt by changes that do not concern it', async () => {
    const { app, change } = await startApp(start, parts);
    await change({ a: 1, b: 2 });
    expect(app.get(Consumer).client.name()).toBe('client1');
    expect(events.filter((event) => event.startsWith('build'))).toEqual(['build client1']);
  });

  it('rejects the change if the new instance cannot be initialised, and disposes of it', async () => {
    const { app, change } = await startApp(start, parts);
    failInit = true;
    events.length = 0;
    const result = await change({ a: 2, b: 1 });
    expect(result.outcome === 'rejected' && result.error.message).toContain(
      'Client could not be built after the change of a: no route to host',
    );
    expect(events).toEqual(['build client2', 'destroy client2']);
    expect(app.get(Consumer).client.name()).toBe('client1');
  });

  it('is disposed of once for each instance when the app closes, and not by Nest again', async () => {
    const { app, change } = await startApp(start, parts);
    await change({ a: 2, b: 1 });
    await app.close();
    expect(events.filter((event) => event.startsWith('destroy'))).toEqual([
      'destroy client1',
      'destroy client2',
    ]);
    expect(events.filter((event) => event.includes('shutdown'))).toEqual([
      'before shutdown client2',
      'shutdown client2',
    ]);
  });

  it('may have its decorators in either order, and keeps its name and its static members', async () => {
    @Refreshable(['a'], { drainTimeout: 1_000, buildTimeout: 1_000 })
    @Injectable()
    class Other {
      static readonly size = 3;
      readonly a: number;
      constructor(@Inject(HotConfigService) config: HotConfigService) {
        this.a = config.get<number>('a');
      }
    }
    expect([Other.name, Other.size]).toEqual(['Other', 3]);
    const { app, change } = await startApp(start, { providers: [Other] });
    const other = app.get(Other);
    await change({ a: 2, b: 1 });
    expect(other.a).toBe(2);
    expect(JSON.stringify(other)).toBe('{"a":2}');
  });

  it.each([
    ['[Symbol.asyncDispose]', Symbol.asyncDispose],
    ['[Symbol.dispose]', Symbol.dispose],
  ] as const)('is disposed of by its %s rather than by onModuleDestroy', async (_what, symbol) => {
    const calls: string[] = [];
    @Refreshable('a')
    @Injectable()
    class Disposable {
      [symbol]() {
        calls.push('disposed');
      }
      onModuleDestroy() {
        calls.push('destroyed');
      }
    }
    const { app, change } = await startApp(start, { providers: [Disposable] });
    await change({ a: 2, b: 1 });
    await app.close();
    expect(calls).toEqual(['disposed', 'disposed']);
  });

  it('needs no lifecycle hooks', async () => {
    @Refreshable('a')
    @Injectable()
    class Plain {}
    const { app, manager, change } = await startApp(start, { providers: [Plain] });
    await change({ a: 2, b: 1 });
    await app.close();
    expect(manager.status().refreshables).toEqual({ built: 1, disposed: 2, disposeErrors: 0, draining: 0 });
  });

  it('is rebuilt together with its dependencies, injected into its constructor or a property', async () => {
    const built: string[] = [];
    const provider = refreshable<{ a: number }, { a: number }>({
      provide: 'A',
      on: 'a',
      useFactory: ({ value }) => ({ a: value.a }),
    });
    type Handle = Refreshable<{ a: number }>;
    @Refreshable('b')
    @Injectable()
    class ByConstructor {
      constructor(@Inject('A') a: Handle) {
        built.push(`constructor ${a.get().a}`);
      }
    }
    @Refreshable('b')
    @Injectable()
    class ByProperty {
      @Inject(ByConstructor) readonly before!: ByConstructor;
      @Inject('A') readonly a!: Handle;
      onModuleInit() {
        built.push(`property ${this.a.get().a}`);
      }
    }
    const { change } = await startApp(start, { providers: [ByProperty, ByConstructor, provider] });
    await change({ a: 2, b: 1 });
    expect(built).toEqual(['constructor 1', 'property 1', 'constructor 2', 'property 2']);
  });

  it('is rebuilt also if its module is loaded late', async () => {
    const { app, change } = await startApp(start);
    @Module(parts)
    class LateModule {}
    const late = await app.get(LazyModuleLoader).load(() => LateModule);
    const { client } = late.get(Consumer);
    await change({ a: 2, b: 1 });
    expect(client.name()).toBe('client2');
  });

  it('is rebuilt by a change that is in progress when its module is loaded', async () => {
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const slow = refreshable({
      provide: 'slow',
      on: 'b',
      useFactory: async ({ value }: ConfigSnapshot<typeof start>) => {
        events.push(`build slow${value.b}`);
        if (value.b === 2) await opened;
        return {};
      },
    });
    const { app, change } = await startApp(start, { providers: [slow] });
    const result = change({ a: 2, b: 2 });
    await until('the other one is being built', () => events.includes('build slow2'));
    @Module(parts)
    class LateModule {}
    const late = await app.get(LazyModuleLoader).load(() => LateModule);
    const { client } = late.get(Consumer);
    expect(client.name()).toBe('client1');
    open();
    expect((await result).outcome).toBe('applied');
    expect(client.name()).toBe('client2');
  });

  it('cannot take a forwardRef(): Nest would keep its first instance forever', async () => {
    @Injectable()
    class Egg {
      constructor(@Inject(forwardRef(() => Hen)) readonly hen: object) {}
    }
    @Injectable()
    @Refreshable('a')
    class Hen {
      constructor(@Inject(forwardRef(() => Egg)) readonly egg: object) {}
    }
    await expect(startApp(start, { providers: [Hen, Egg] })).rejects.toThrow(
      'Hen is @Refreshable(), but its constructor takes a forwardRef()',
    );
  });

  it('cannot be created by a factory: it could not be rebuilt', async () => {
    @Refreshable('a')
    class Made {}
    const provider = { provide: Made, useFactory: () => new Made() };
    await expect(startApp(start, { providers: [provider] })).rejects.toThrow(
      'Made is @Refreshable(), but created by a factory',
    );
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])('cannot have the scope %s', async (scope) => {
    @Injectable({ scope })
    @Refreshable('a')
    class Scoped {}
    @Injectable()
    class Consumer {
      constructor(readonly scoped: Scoped) {}
    }
    await expect(startApp(start, { providers: [Scoped, Consumer] })).rejects.toThrow(
      'Scoped is @Refreshable(), but transient or request-scoped',
    );
  });

  it('may inject what is transient, but nothing that is request-scoped', async () => {
    const injecting = (scope: Scope) => {
      @Injectable({ scope })
      class Part {}
      @Injectable()
      @Refreshable('a')
      class Whole {
        constructor(readonly part: Part) {}
      }
      return startApp(start, { providers: [Part, Whole] });
    };
    const { change } = await injecting(Scope.TRANSIENT);
    expect((await change({ a: 2, b: 1 })).outcome).toBe('applied');
    await expect(injecting(Scope.REQUEST)).rejects.toThrow('Whole is @Refreshable(), but');
  });

  it('may be provided by two tokens, one of them an alias', async () => {
    const alias = { provide: 'alias', useExisting: Client };
    const { app, change } = await startApp(start, { providers: [...parts.providers, alias] });
    await change({ a: 2, b: 1 });
    expect(app.get<Client>('alias').name()).toBe('client2');
    expect(events.filter((event) => event.startsWith('build'))).toEqual(['build client1', 'build client2']);
  });

  it('is a separate component in each of two apps', async () => {
    const [one, other] = [await startApp(start, parts), await startApp(start, parts)];
    await one.change({ a: 2, b: 1 });
    expect(one.app.get(Consumer).client.name()).toBe('client2');
    expect(other.app.get(Consumer).client.name()).toBe('client1');
    await one.app.close();
    await other.change({ a: 3, b: 1 });
    expect(other.app.get(Consumer).client.name()).toBe('client3');
  });

  it('keeps no object in memory after its app was closed', async () => {
    const references: WeakRef<object>[] = [];
    const remember = <O extends object>(object: O): O => {
      references.push(new WeakRef(object));
      return object;
    };
    const run = async () => {
      @Refreshable('a')
      @Injectable()
      class Remembered {
        constructor() {
          remember(this);
        }
      }
      const handle = refreshable({ provide: 'handle', on: 'a', useFactory: () => remember({}) });
      const transparent = refreshable({
        provide: 'transparent',
        on: 'a',
        transparent: true,
        useFactory: () => remember({}),
      });
      const source = new MemorySource(start);
      @Module({
        imports: [HotConfigModule.forRoot({ sources: [source] })],
        providers: [Remembered, handle, transparent],
      })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
      for (const token of [Remembered, 'handle', 'transparent']) remember(app.get<object>(token));
      source.set({ a: 2, b: 1 });
      await app.get(HotConfigManager).reload();
      await app.close();
    };
    await run();
    await collectGarbage();
    expect(references).toHaveLength(9);
    expect(references.map((reference) => reference.deref())).toEqual(Array(9).fill(undefined));
  });

  it('has its shutdown hooks called on the instance in force', async () => {
    let closed = 0;
    @Refreshable('a')
    @Injectable()
    class Closing implements OnApplicationShutdown {
      onApplicationShutdown() {
        closed += 1;
      }
    }
    const { app, change } = await startApp(start, { providers: [Closing] });
    await change({ a: 2, b: 1 });
    await app.close();
    expect(closed).toBe(1);
  });
});
