import 'reflect-metadata';
import {
  Catch,
  Controller,
  Inject,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type INestApplication,
  type Type,
  type RpcExceptionFilter,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  type ClientOptions,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  RpcException,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import {
  concatMap,
  finalize,
  firstValueFrom,
  from,
  ignoreElements,
  lastValueFrom,
  type Observable,
  of,
  throwError,
  toArray,
} from 'rxjs';
import { RequestConfig } from 'nestjs-hot-config';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FlipGuard, FlipInterceptor, FlipPipe } from '../support/flip-enhancers.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { isMissing } from '../support/programs.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

@Injectable()
@Catch(RpcException)
class FlipFilter implements RpcExceptionFilter<RpcException> {
  constructor(private readonly flips: Flips) {}
  catch({ message }: RpcException): Observable<number> {
    return message === 'slow' ? from(this.flips.step('filter')) : of(this.flips.read('filter'));
  }
}

/** Created for each message, asynchronously. */
@Controller({ scope: Scope.REQUEST })
@UseFilters(FlipFilter)
class ScopedController {
  private readonly made: number;
  constructor(
    private readonly flips: Flips,
    private readonly request: RequestConfig<{ n: number }>,
    @Inject('slow part') private readonly part: number,
  ) {
    this.made = flips.read('constructor');
  }

  @MessagePattern('scoped')
  async scoped(): Promise<number[]> {
    const n = await this.flips.step('scoped');
    return [this.part, this.made, n, this.request.get('n')];
  }
}

const slowPart = {
  provide: 'slow part',
  scope: Scope.REQUEST,
  inject: [Flips],
  useFactory: (flips: Flips) => flips.step('slow part'),
};

/** A second controller that handles the same event. */
@Controller()
class SecondController {
  constructor(private readonly flips: Flips) {}

  @EventPattern('event')
  async event(_data: unknown) {
    await this.flips.step('second');
  }
}

@Controller()
class ThirdController {
  constructor(private readonly flips: Flips) {}

  @EventPattern('event')
  async event(_data: unknown) {
    await this.flips.step('third');
  }
}

/** Three handlers of an event: one fails at once, the others wait. */
@Injectable()
class Events {
  failing = '';
  readonly gate = new Gate();
  constructor(private readonly flips: Flips) {}

  async handle(name: string): Promise<void> {
    if (name === this.failing) {
      this.flips.read(`${name} fails`);
      throw new Error('as requested');
    }
    await this.gate.wait();
    await this.flips.step(name);
  }
}

function eventController(name: string): Type {
  @Controller()
  class EventController {
    constructor(@Inject(Events) private readonly events: Events) {}

    @EventPattern('failing event')
    event(_data: unknown) {
      return this.events.handle(name);
    }
  }
  return EventController;
}

@Controller()
@UseGuards(FlipGuard)
@UsePipes(FlipPipe)
@UseInterceptors(FlipInterceptor)
@UseFilters(FlipFilter)
class FlipController {
  constructor(private readonly flips: Flips) {}

  @MessagePattern('read')
  read(_data: unknown) {
    return this.flips.step('handler');
  }

  readonly gate = new Gate();

  @MessagePattern('wait')
  async wait(): Promise<number[]> {
    const before = this.flips.read('arrived');
    await this.gate.wait();
    return [before, await this.flips.step('wait')];
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return from([1, 2, 3]).pipe(
      concatMap(() => this.flips.step('stream')),
      finalize(() => this.flips.read('finalize')),
    );
  }

  @MessagePattern('slow stream')
  slowStream(): Observable<number> {
    return from([1, 2, 3]).pipe(
      concatMap(async (piece) => {
        if (piece === 2) await this.gate.wait();
        return this.flips.step('stream');
      }),
      finalize(() => this.flips.read('finalize')),
    );
  }

  @MessagePattern('fail')
  async fail() {
    await this.flips.step('handler');
    throw new RpcException('no');
  }

  @MessagePattern('fail slowly')
  async failSlowly() {
    await this.flips.step('handler');
    throw new RpcException('slow');
  }

  @MessagePattern('fail in a stream')
  failInAStream(): Observable<never> {
    return from(this.flips.step('stream')).pipe(concatMap(() => throwError(() => new RpcException('slow'))));
  }

  @EventPattern('event')
  async event(_data: unknown) {
    await this.flips.step('event');
  }
}

const redisIsThere = !isMissing('redis-server');
let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
beforeAll(async () => {
  if (redisIsThere) redis = await startRedis();
});
afterAll(() => redis?.stop());

const transports: Record<string, () => MicroserviceOptions> = {
  TCP: () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }),
  ...(redisIsThere && {
    Redis: () => ({ transport: Transport.REDIS, options: { host: '127.0.0.1', port: redis!.port } }),
  }),
};

describe.each(Object.keys(transports))('A message over %s', (name) => {
  let app: INestApplication;
  let client: ClientProxy;
  let flips: Flips;

  beforeEach(async () => {
    const { imports, providers } = flippingConfig();
    @Module({
      imports,
      providers: [...providers, slowPart, Events],
      controllers: [
        FlipController,
        SecondController,
        ThirdController,
        ScopedController,
        ...['first', 'second', 'third'].map(eventController),
      ],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    const options = transports[name]!();
    const service = app.connectMicroservice<MicroserviceOptions>(options);
    await app.startAllMicroservices();
    if (name === 'TCP') {
      const { port } = service.unwrap<{ address(): { port: number } }>().address();
      client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    } else {
      client = ClientProxyFactory.create(options as ClientOptions) as ClientProxy;
    }
    await client.connect();
    flips = app.get(Flips);
  });
  afterEach(async () => {
    await client.close();
    await app.close();
  });

  it('reads one version in guards, interceptors, pipes and handlers, across awaits', async () => {
    expect(await firstValueFrom(client.send<number>('read', {}))).toBe(1);
    expect(flips.steps.sort()).toEqual(['guard', 'handler', 'interceptor', 'pipe']);
    expect(flips.versions).toEqual([1]);
    const now = flips.current;
    expect(await firstValueFrom(client.send<number>('read', {}))).toBe(now);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('does not share its pin with another message of the same connection', async () => {
    const arrived = () => flips.seen.filter(([step]) => step === 'arrived').length;
    const first = firstValueFrom(client.send<number[]>('wait', {}));
    await until('the first has arrived', () => arrived() === 1);
    const now = flips.current;
    const second = firstValueFrom(client.send<number[]>('wait', {}));
    await until('the second has arrived', () => arrived() === 2);
    expect(flips.pins).toBe(2);
    app.get(FlipController).gate.open();
    expect(await first).toEqual([1, 1]);
    expect(await second).toEqual([now, now]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('keeps its version until the last of several replies', async () => {
    expect(await lastValueFrom(client.send<number>('stream', {}).pipe(toArray()))).toEqual([1, 1, 1]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it.each([
    ['awaits', 'wait', 'arrived', { arrived: 1, wait: 3 }],
    ['sends a stream', 'slow stream', 'stream', { stream: 9, finalize: 1 }],
  ])(
    'keeps its version if its client disconnects while its handler %s, and holds no pin afterwards',
    async (_, pattern, step, reads) => {
      const { gate } = app.get(FlipController);
      const reply = firstValueFrom(client.send<unknown>(pattern, {}).pipe(ignoreElements()), {
        defaultValue: undefined,
      });
      reply.catch(() => undefined); // the connection is closed
      await until('its handler waits', () => gate.arrivals === 1 && flips.steps.includes(step));
      const arrival = flips.seen.find(([name]) => name === step)![1];
      await client.close();
      await flips.flip();
      expect(flips.pins).toBe(1);
      gate.open();
      await until('all pins have ended', () => flips.pins === 0);
      for (const [name, times] of Object.entries(reads))
        expect(flips.seen.filter(([seen]) => seen === name)).toEqual(Array(times).fill([name, arrival]));
      expect(flips.versions).toEqual([arrival]);
    },
  );

  it.each([
    ['first', 'second and third'],
    ['second', 'first and third'],
    ['third', 'first and second'],
  ])('that is an event keeps its version if the %s of its handlers fails while the %s await', async (at) => {
    const events = app.get(Events);
    events.failing = at;
    await lastValueFrom(client.emit('failing event', {}), { defaultValue: undefined });
    await until('the others wait', () => events.gate.arrivals === 2 && flips.steps.includes(`${at} fails`));
    await flips.flip();
    expect(flips.pins).toBeGreaterThanOrEqual(1);
    events.gate.open();
    await until('all pins have ended', () => flips.pins === 0);
    const others = ['first', 'second', 'third'].filter((step) => step !== at);
    for (const step of others) expect(flips.seen.filter(([seen]) => seen === step)).toHaveLength(3);
    expect(flips.versions).toEqual([1]);
  });

  it('keeps its version in filters', async () => {
    expect(await firstValueFrom(client.send<number>('fail', {}))).toBe(1);
    expect(flips.versions).toEqual([1]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it.each(['fail slowly', 'fail in a stream'])(
    'keeps its version in filters that await (%s)',
    async (pattern) => {
      expect(await firstValueFrom(client.send<number>(pattern, {}))).toBe(1);
      expect(flips.seen.filter(([step]) => step === 'filter')).toHaveLength(3);
      expect(flips.versions).toEqual([1]);
      await until('all pins have ended', () => flips.pins === 0);
    },
  );

  it('reads one version in request-scoped providers, from before they are created', async () => {
    expect(await firstValueFrom(client.send<number[]>('scoped', {}))).toEqual([1, 1, 1, 1]);
    const now = flips.current;
    expect(await firstValueFrom(client.send<number[]>('scoped', {}))).toEqual([now, now, now, now]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('keeps its version in each handler if it is an event without a reply', async () => {
    await lastValueFrom(client.emit('event', {}), { defaultValue: undefined });
    for (const step of ['event', 'second', 'third'])
      await until(`${step} has handled it`, () => flips.seen.filter(([name]) => name === step).length === 3);
    expect(flips.versions).toEqual([1]);
    await until('all pins have ended', () => flips.pins === 0);
  });
});

describe('A standalone microservice', () => {
  it('pins its messages as a hybrid application does', async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports, providers, controllers: [FlipController] })
    class AppModule {}
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      ...transports['TCP']!(),
      logger: false,
      abortOnError: false,
    } as never);
    await service.listen();
    const { port } = service.unwrap<{ address(): { port: number } }>().address();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    expect(await firstValueFrom(client.send<number>('read', {}))).toBe(1);
    expect(service.get(Flips).versions).toEqual([1]);
    await client.close();
    await service.close();
  });
});
