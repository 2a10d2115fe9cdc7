import 'reflect-metadata';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  Sse,
  type INestApplication,
  type MessageEvent,
} from '@nestjs/common';
import { ContextIdFactory, NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, CronExpression, Interval, ScheduleModule } from '@nestjs/schedule';
import BeeQueue from 'bee-queue';
import { HotConfigService, PinConfig } from 'nestjs-hot-config';
import { concatMap, from, lastValueFrom, map, type Observable, Subject, take, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { isMissing } from '../support/programs.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

@Injectable()
class Work {
  constructor(private readonly flips: Flips) {}

  @OnEvent('outer')
  @PinConfig()
  async pinnedListener() {
    await this.flips.step('pinned listener');
  }

  @PinConfig()
  @OnEvent('inner')
  async listenerPinnedOutside() {
    await this.flips.step('listener pinned outside');
  }

  @OnEvent('plain')
  async plainListener() {
    await this.flips.step('plain listener');
  }

  ticks = 0;

  @Interval(20)
  @PinConfig()
  async tick() {
    if (this.ticks++ === 0) await this.flips.step('tick');
  }

  @PinConfig()
  consume(): Promise<number> {
    return this.flips.step('job');
  }

  @PinConfig()
  async *lines(): AsyncGenerator<number> {
    for (let line = 0; line < 3; line += 1) yield await this.flips.step('lines');
  }

  @PinConfig()
  stream(): Observable<number> {
    return from([1, 2, 3]).pipe(concatMap(() => this.flips.step('stream')));
  }

  @PinConfig()
  async linesLater(): Promise<AsyncGenerator<number>> {
    await this.flips.step('lines');
    const { flips } = this;
    return (async function* () {
      for (let line = 0; line < 2; line += 1) yield await flips.step('lines');
    })();
  }

  @PinConfig()
  sum(a: number, b: number): number {
    return a + b;
  }
}

/** Runs on a timer, and so in its own app. */
@Injectable()
class Clockwork {
  constructor(private readonly flips: Flips) {}

  @PinConfig()
  @Cron(CronExpression.EVERY_SECOND)
  async pinned() {
    await this.flips.step('pinned job');
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedWork {
  constructor(private readonly flips: Flips) {}

  @PinConfig()
  run(): Promise<number> {
    return this.flips.step('scoped');
  }

  @PinConfig()
  inherited(): Promise<number> {
    return this.flips.step('inherited');
  }
}

@Injectable({ scope: Scope.REQUEST })
class MoreWork extends ScopedWork {
  @PinConfig()
  override run(): Promise<number> {
    return super.run();
  }
}

/** One stream for all clients: it emits from another context than theirs. */
const prices = new Subject<number>();

@Controller()
class PricesController {
  constructor(
    private readonly config: HotConfigService,
    private readonly flips: Flips,
  ) {}

  @Sse('kept')
  kept(): Observable<MessageEvent> {
    return prices.pipe(
      this.config.keepPin(),
      take(2),
      map((price) => ({ data: `${price}@${this.flips.read('kept')}` })),
    );
  }

  @Get('escapes')
  async escapes() {
    const pinned = this.flips.read('escapes');
    await this.flips.flip();
    return {
      pinned,
      still: this.flips.read('escapes'),
      unpinned: this.config.runUnpinned(() => this.config.get<number>('n')),
      current: this.config.current.get('n'),
      nested: await this.config.runPinned(() => this.flips.step('nested')),
      anew: await this.config.runUnpinned(() => this.config.runPinned(() => this.flips.step('anew'))),
      after: this.flips.read('escapes'),
    };
  }
}

describe('Work outside of requests', () => {
  let app: INestApplication;
  let flips: Flips;

  beforeEach(async () => {
    const { imports, providers } = flippingConfig();
    @Module({
      imports: [...imports, EventEmitterModule.forRoot(), ScheduleModule.forRoot()],
      providers: [...providers, Work, MoreWork, ScopedWork],
      controllers: [PricesController],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    flips = app.get(Flips);
    await until('the interval has ticked', () => flips.seen.length === 3);
  });
  afterEach(() => app.close());

  const read = (step: string) => flips.seen.filter(([name]) => name === step).map(([, n]) => n);

  it('reads one version in a scheduled method with @PinConfig()', () => {
    expect(read('tick')).toEqual([1, 1, 1]);
  });

  it.each([
    ['inside', 'outer', 'pinned listener'],
    ['outside', 'inner', 'listener pinned outside'],
  ])(
    'reads one version in an event listener with @PinConfig() %s of @OnEvent()',
    async (_where, event, step) => {
      const before = flips.current;
      await app.get(EventEmitter2).emitAsync(event);
      expect(read(step)).toEqual([before, before, before]);
    },
  );

  it('reads the current version in an event listener without it', async () => {
    const before = flips.current;
    await app.get(EventEmitter2).emitAsync('plain');
    expect(read('plain listener')).toEqual([before, before + 1, before + 1]);
  });

  it('reads one version in every step of an async generator and of a stream', async () => {
    const before = flips.current;
    const lines: number[] = [];
    for await (const line of app.get(Work).lines()) lines.push(line);
    expect(lines).toEqual([before, before, before]);
    const now = flips.current;
    expect(await lastValueFrom(app.get(Work).stream().pipe(toArray()))).toEqual([now, now, now]);
    expect(flips.pins).toBe(0);
  });

  it('reads one version in an async generator that a promise resolves to', async () => {
    const before = flips.current;
    const lines: number[] = [];
    for await (const line of await app.get(Work).linesLater()) lines.push(line);
    expect(lines).toEqual([before, before]);
    expect(flips.pins).toBe(0);
  });

  it('reads one version in a class that inherits the decorated method', async () => {
    const work = await app.resolve(MoreWork);
    const before = flips.current;
    await work.run();
    expect(read('scoped')).toEqual([before, before, before]);
    await work.inherited();
    expect(read('inherited')).toEqual([before + 1, before + 1, before + 1]);
    expect(flips.pins).toBe(0);
  });

  it('reads one version in a request-scoped provider', async () => {
    const before = flips.current;
    const scoped = await app.resolve(ScopedWork, ContextIdFactory.create());
    expect(await scoped.run()).toBe(before);
    expect(read('scoped')).toEqual([before, before, before]);
  });

  it('passes parameters and results on, and works without an app', () => {
    expect(app.get(Work).sum(1, 2)).toBe(3);
    expect(new Work(flips).sum(1, 2)).toBe(3);
    const { name, length } = Work.prototype['sum'];
    expect({ name, length }).toEqual({ name: 'sum', length: 2 });
    expect(flips.pins).toBe(0);
  });

  it('keeps the pin of each subscriber to a shared stream', async () => {
    const before = flips.current;
    const answer = fetch(`${await app.getUrl()}/kept`).then((response) => response.text());
    await until('it has subscribed', () => prices.observed);
    prices.next(10);
    await flips.flip();
    prices.next(11);
    expect([...(await answer).matchAll(/data: (.+)/g)].map((match) => match[1])).toEqual([
      `10@${before}`,
      `11@${before}`,
    ]);
  });

  it('leaves its pin with runUnpinned()', async () => {
    const n = flips.current;
    const answer = await (await fetch(`${await app.getUrl()}/escapes`)).json();
    expect(answer).toEqual({
      pinned: n,
      still: n,
      unpinned: n + 1,
      current: n + 1,
      nested: n,
      anew: n + 2,
      after: n,
    });
  });
});

describe('A cron job', () => {
  it('reads one version with @PinConfig() above @Cron(), and its next run reads the next version', async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports: [...imports, ScheduleModule.forRoot()], providers: [...providers, Clockwork] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    const flips = app.get(Flips);
    await until('it has run twice', () => flips.seen.length >= 6);
    await app.close();
    expect(flips.seen.slice(0, 6).map(([, n]) => n)).toEqual([1, 1, 1, 2, 2, 2]);
  });
});

describe.skipIf(isMissing('redis-server'))('A job of a queue on Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('reads one version if its consumer has @PinConfig()', async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports: [...imports, EventEmitterModule.forRoot()], providers: [...providers, Work] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    const flips = app.get(Flips);
    const queue = new BeeQueue('jobs', { redis: { host: '127.0.0.1', port: redis.port } });
    queue.process(() => app.get(Work).consume());
    const results: unknown[] = [];
    queue.on('succeeded', (_job: unknown, result: unknown) => results.push(result));
    await queue.createJob({}).save();
    await queue.createJob({}).save();
    await until('both jobs are done', () => results.length === 2);
    expect(flips.seen.map(([, n]) => n)).toEqual([1, 1, 1, 2, 2, 2]);
    expect(flips.pins).toBe(0);
    await queue.close();
    await app.close();
  });
});
