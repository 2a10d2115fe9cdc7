import { Injectable, Module, SetMetadata } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory, Reflector } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import {
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  OnConfigChange,
  Refreshable,
  refreshable,
  type ConfigSnapshot,
} from 'nestjs-hot-config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';

const Marked = DiscoveryService.createDecorator<string>();

let calls: string[] = [];

/** Methods that frameworks call, on an instance that knows what it was built from. */
class Jobs {
  static readonly size = 3;
  readonly #a: number;
  constructor(a: number) {
    this.#a = a;
  }
  get secret(): never {
    throw new Error('a scan must not run getters');
  }
  @Cron('0 0 1 1 *', { name: 'cron' })
  cron() {
    calls.push(`cron ${this.#a}`);
  }
  @Interval('interval', 1_000)
  async interval() {
    await Promise.resolve();
    calls.push(`interval ${this.#a}`);
  }
  @Timeout('timeout', 500)
  timeout() {
    calls.push(`timeout ${this.#a}`);
  }
  @OnEvent('llm.asked')
  @OnEvent('llm.answered')
  onAsked(who: string) {
    calls.push(`event ${this.#a} by ${who}`);
  }
  @OnEvent('llm.*')
  onAny() {
    calls.push(`wildcard ${this.#a}`);
  }
  @OnConfigChange('a')
  onChange() {
    calls.push(`change ${this.#a}`);
  }
  @Marked('marked')
  @SetMetadata('role', 'admin')
  plain() {
    return this.#a;
  }
}

@Marked('a class')
@Injectable()
@Refreshable('a')
class RefreshedJobs extends Jobs {
  constructor(config: HotConfigService) {
    super(config.get<number>('a'));
  }
  @SetMetadata('role', 'own')
  own() {
    return 'own';
  }
}

const transparent = refreshable({
  provide: RefreshedJobs,
  on: 'a',
  transparent: true,
  useFactory: ({ value }: ConfigSnapshot<{ a: number }>) => new Jobs(value.a),
});

describe.each([
  ['a @Refreshable() class', RefreshedJobs],
  ['a transparent component', transparent],
])('The methods of %s', (_what, provider) => {
  const source = new MemorySource({ a: 1 });
  let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;
  let jobs: Jobs;

  const change = async (a: number) => {
    source.set({ a });
    await app.get(HotConfigManager).reload();
    await app.get(HotConfigManager).settled();
  };

  beforeEach(async () => {
    calls = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    source.set({ a: 1 });
    @Module({
      imports: [
        HotConfigModule.forRoot({ sources: [source] }),
        EventEmitterModule.forRoot({ wildcard: true }),
        ScheduleModule.forRoot(),
        DiscoveryModule,
      ],
      providers: [provider],
    })
    class AppModule {}
    app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    jobs = app.get(RefreshedJobs);
  });
  afterEach(async () => {
    await app.close();
    vi.useRealTimers();
  });

  it('run once for each tick of a timer, on the instance in force', async () => {
    await vi.advanceTimersByTimeAsync(400);
    await change(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(calls).toEqual(['change 2', 'timeout 2']);
    await vi.advanceTimersByTimeAsync(500);
    await change(3);
    await change(4);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls.filter((call) => call.startsWith('interval'))).toEqual([
      'interval 2',
      'interval 4',
      'interval 4',
    ]);
    expect(calls.filter((call) => call.startsWith('timeout'))).toEqual(['timeout 2']);
  });

  it('run as cron jobs, registered once', async () => {
    const registry = app.get(SchedulerRegistry);
    const fire = () => registry.getCronJob('cron').fireOnTick();
    await fire();
    await change(2);
    await change(3);
    await fire();
    expect(calls.filter((call) => call.startsWith('cron'))).toEqual(['cron 1', 'cron 3']);
    expect(registry.getCronJobs().size).toBe(1);
    expect(registry.getIntervals()).toEqual(['interval']);
  });

  it('run as event listeners, once for each event, also of a wildcard', async () => {
    const emitter = app.get(EventEmitter2);
    await emitter.emitAsync('llm.answered', 'Ann');
    await change(2);
    await change(3);
    calls.length = 0;
    await emitter.emitAsync('llm.asked', 'Bob');
    expect(calls).toEqual(['event 3 by Bob', 'wildcard 3']);
  });

  it('are called once for each change', async () => {
    await change(2);
    await change(3);
    expect(calls.filter((call) => call.startsWith('change'))).toEqual(['change 2', 'change 3']);
  });

  it('run as listeners of the version that the emitting work is pinned to', async () => {
    await app.get(HotConfigService).runPinned(async () => {
      await change(2);
      calls.length = 0;
      await app.get(EventEmitter2).emitAsync('llm.asked', 'Ann');
    });
    expect(calls).toEqual(['event 1 by Ann', 'wildcard 1']);
  });

  it('keep their metadata, after a rebuild too', async () => {
    const check = () => {
      const method = Reflect.get(jobs, 'plain') as Jobs['plain'];
      expect(app.get(Reflector).get('role', method)).toBe('admin');
      expect(Reflect.getMetadata('role', method)).toBe('admin');
      expect(Reflect.getOwnMetadata('role', method)).toBe('admin');
      expect(Reflect.getMetadataKeys(method)).toEqual(Reflect.getMetadataKeys(Jobs.prototype['plain']));
      expect(method.name).toBe('plain');
      const wrapper = app
        .get(DiscoveryService)
        .getProviders()
        .find(({ token }) => token === RefreshedJobs)!; // it is provided
      expect(app.get(DiscoveryService).getMetadataByDecorator(Marked, wrapper, 'plain')).toBe('marked');
    };
    check();
    await change(2);
    check();
    expect(jobs.plain()).toBe(2);
  });
});

it('A @Refreshable() class is found by its class decorators, and shows the static members of its class', async () => {
  const source = new MemorySource({ a: 1 });
  @Module({
    imports: [HotConfigModule.forRoot({ sources: [source] }), DiscoveryModule],
    providers: [RefreshedJobs],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const discovery = app.get(DiscoveryService);
  const found = discovery.getProviders({ metadataKey: Marked.KEY });
  expect(found.map(({ token }) => token)).toEqual([RefreshedJobs]);
  expect(discovery.getMetadataByDecorator(Marked, found[0]!)).toBe('a class'); // one was found
  const jobs = app.get(RefreshedJobs);
  expect((jobs.constructor as typeof RefreshedJobs).size).toBe(3);
  expect(Reflect.getOwnMetadata('role', Reflect.get(jobs, 'own'))).toBe('own');
  await app.close();
});
