import 'reflect-metadata';
import { get } from 'node:http';
import { Readable } from 'node:stream';
import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  Query,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type MessageEvent,
  type MiddlewareConsumer,
  type NestInterceptor,
  type NestMiddleware,
  type NestModule,
  type PipeTransform,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { HotConfigManager, HotConfigModule, HotConfigService, RequestConfig } from 'nestjs-hot-config';
import { concatMap, from, type Observable, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

/** Every request changes the configuration between its steps; each step records the version it read. */
@Injectable()
class Flipper {
  constructor(
    private readonly config: HotConfigService,
    private readonly manager: HotConfigManager,
  ) {}

  static readonly source = new MemorySource({ n: 1 });
  static n = 1;
  static trace: Record<string, number[]> = {};
  /** Set by a test when the timer that a request has left behind may read. */
  static mayTimerRead = false;

  /** Reads, lets a new version be committed, and reads again after several kinds of waiting. */
  async step(name: string): Promise<number> {
    const before = this.read();
    const seen = (Flipper.trace[name] ??= []);
    seen.push(before);
    await this.flip();
    seen.push(this.read());
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(this.read());
    return before;
  }

  read(): number {
    return this.config.get<number>('n');
  }

  async flip(): Promise<void> {
    Flipper.source.set({ n: (Flipper.n += 1) });
    await this.manager.reload();
  }
}

@Injectable()
class FlipMiddleware implements NestMiddleware {
  constructor(private readonly flipper: Flipper) {}
  async use(_request: unknown, _response: unknown, next: () => void) {
    await this.flipper.step('middleware');
    next();
  }
}

@Injectable()
class FlipGuard implements CanActivate {
  constructor(private readonly flipper: Flipper) {}
  async canActivate() {
    await this.flipper.step('guard');
    return true;
  }
}

@Injectable()
class FlipInterceptor implements NestInterceptor {
  constructor(private readonly flipper: Flipper) {}
  async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    await this.flipper.step('interceptor before');
    return next.handle().pipe(tap(() => (Flipper.trace['interceptor after'] = [this.flipper.read()])));
  }
}

@Injectable()
class FlipPipe implements PipeTransform {
  constructor(private readonly flipper: Flipper) {}
  async transform(value: unknown) {
    await this.flipper.step('pipe');
    return value;
  }
}

@Catch(BadRequestException)
@Injectable()
class FlipFilter implements ExceptionFilter {
  constructor(private readonly flipper: Flipper) {}
  async catch(_error: BadRequestException, host: ArgumentsHost) {
    await this.flipper.step('filter');
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response.status(400).send({ n: this.flipper.read() });
  }
}

@Controller()
@UseGuards(FlipGuard)
@UseInterceptors(FlipInterceptor)
@UseFilters(FlipFilter)
class FlipController {
  constructor(private readonly flipper: Flipper) {}

  @Get('read/:id')
  async read(@Param('id', FlipPipe) _id: string) {
    return { n: await this.flipper.step('handler') };
  }

  @Post('body')
  async body(@Body(FlipPipe) body: { text: string }) {
    await this.flipper.step('handler');
    return { n: this.flipper.read(), length: body.text.length };
  }

  @Get('fail')
  async fail() {
    await this.flipper.step('handler');
    throw new BadRequestException();
  }

  @Get('file')
  file() {
    const flipper = this.flipper;
    async function* lines() {
      for (let i = 0; i < 3; i += 1) yield `${await flipper.step('stream')}\n`;
    }
    return new StreamableFile(Readable.from(lines()));
  }

  @Sse('sse')
  sse(): Observable<MessageEvent> {
    return from([1, 2, 3]).pipe(concatMap(async () => ({ data: String(await this.flipper.step('sse')) })));
  }

  @Get('left-behind')
  leftBehind(@Query('answer') answer: string) {
    const seen = (Flipper.trace['left behind'] = [this.flipper.read()]);
    const timer = setInterval(() => {
      if (!Flipper.mayTimerRead) return;
      clearInterval(timer);
      seen.push(this.flipper.read());
    }, 5);
    return answer === 'never' ? new Promise(() => {}) : {};
  }
}

@Controller('injected')
class InjectedController {
  constructor(
    private readonly config: RequestConfig<{ n: number }>,
    private readonly flipper: Flipper,
  ) {}

  @Get()
  async read() {
    await this.flipper.step('handler');
    return { injected: this.config.get('n'), has: this.config.has('n'), ambient: this.flipper.read() };
  }
}

@Module({
  imports: [HotConfigModule.forRoot({ sources: [Flipper.source] })],
  controllers: [FlipController, InjectedController],
  providers: [Flipper],
})
class FlipModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(FlipMiddleware).forRoutes('{*all}');
  }
}

const quiet = { logger: false, abortOnError: false } as const;
const testing = () =>
  Test.createTestingModule({ imports: [FlipModule] })
    .setLogger(undefined as never)
    .compile();
const apps: Record<string, () => Promise<INestApplication>> = {
  'Express, made by NestFactory': () => NestFactory.create(FlipModule, new ExpressAdapter(), quiet),
  'Fastify, made by NestFactory': () => NestFactory.create(FlipModule, new FastifyAdapter(), quiet),
  'Express, made by Test': async () => (await testing()).createNestApplication(new ExpressAdapter(), quiet),
  'Fastify, made by Test': async () => (await testing()).createNestApplication(new FastifyAdapter(), quiet),
};

describe.each(Object.keys(apps))('A request on %s', (name) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    Flipper.trace = {};
    Flipper.mayTimerRead = false;
    app = await apps[name]!();
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => app.close());

  /** Everything that was read in one request. */
  const versions = () => [...new Set(Object.values(Flipper.trace).flat())];

  it('reads one version in middleware, guards, pipes, interceptors and handlers, across awaits', async () => {
    const before = Flipper.n;
    const answer = (await (await fetch(`${url}/read/1`)).json()) as { n: number };
    expect(Object.keys(Flipper.trace)).toEqual([
      'middleware',
      'guard',
      'interceptor before',
      'pipe',
      'handler',
      'interceptor after',
    ]);
    expect(versions()).toEqual([before]);
    expect(answer.n).toBe(before);
    expect(Flipper.n).toBe(before + 5);
  });

  it('reads the version at its arrival, and the next request reads the next version', async () => {
    const first = (await (await fetch(`${url}/read/1`)).json()) as { n: number };
    const now = Flipper.n;
    const second = (await (await fetch(`${url}/read/1`)).json()) as { n: number };
    expect(second.n).toBe(now);
    expect(second.n).toBeGreaterThan(first.n);
  });

  it('keeps its version while its body is read and parsed', async () => {
    const before = Flipper.n;
    const body = JSON.stringify({ text: 'x'.repeat(80_000) });
    const response = await fetch(`${url}/body`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await response.json()).toEqual({ n: before, length: 80_000 });
    expect(versions()).toEqual([before]);
  });

  it('keeps its version in exception filters', async () => {
    const before = Flipper.n;
    const response = await fetch(`${url}/fail`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ n: before });
    expect(Flipper.trace['filter']).toEqual([before, before, before]);
  });

  it('keeps its version until the last chunk of a streamed file', async () => {
    const before = Flipper.n;
    const text = await (await fetch(`${url}/file`)).text();
    expect(text.trim().split('\n')).toEqual([before, before, before].map(String));
  });

  it('keeps its version in server-sent events', async () => {
    const before = Flipper.n;
    const text = await (await fetch(`${url}/sse`)).text();
    expect([...text.matchAll(/data: (\d+)/g)].map((match) => Number(match[1]))).toEqual([
      before,
      before,
      before,
    ]);
  });

  it('has the same version in RequestConfig as in HotConfigService', async () => {
    const before = Flipper.n;
    const answer = await (await fetch(`${url}/injected`)).json();
    expect(answer).toEqual({ injected: before, has: true, ambient: before });
  });

  it('does not share its version with the next request of a keep-alive connection, or with a concurrent one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        Flipper.trace = {};
        return (await (await fetch(`${url}/injected`)).json()) as { injected: number; ambient: number };
      }),
    );
    for (const { injected, ambient } of answers) expect(ambient).toBe(injected);
    const before = Flipper.n;
    expect(await (await fetch(`${url}/injected`)).json()).toMatchObject({ injected: before });
  });

  it('holds no pin in a timer that it left behind', async () => {
    const before = Flipper.n;
    await fetch(`${url}/left-behind?answer=now`);
    await until('the request has ended', () => app.get(HotConfigManager).status().pins.total === 0);
    await app.get(Flipper).flip();
    Flipper.mayTimerRead = true;
    await until('the timer has fired', () => Flipper.trace['left behind']!.length === 2);
    expect(Flipper.trace['left behind']![0]).toBe(before);
    expect(Flipper.trace['left behind']![1]).toBe(Flipper.n);
  });

  it('ends its pin when the client has disconnected and its handler can never answer', async () => {
    // Not `fetch`, which remembers the connection for four seconds.
    const request = get(`${url}/left-behind?answer=never`, { agent: false }).on('error', () => undefined);
    await until('the request has arrived', () => Flipper.trace['left behind'] !== undefined);
    expect(app.get(HotConfigManager).status().pins.total).toBe(1);
    request.destroy();
    await until('the pin has ended', async () => {
      await collectGarbage(); // nothing else tells that the promise of the handler never settles
      return app.get(HotConfigManager).status().pins.total === 0;
    });
    await app.get(Flipper).flip();
    Flipper.mayTimerRead = true;
    await until('the timer has fired', () => Flipper.trace['left behind']!.length === 2);
    expect(Flipper.trace['left behind']![1]).toBe(Flipper.n);
  });
});

describe.each(Object.keys(apps).filter((name) => name.startsWith('Fastify')))('A request on %s', (name) => {
  it('is pinned as well when it is injected without a server', async () => {
    Flipper.trace = {};
    const app = (await apps[name]!()) as NestFastifyApplication;
    await app.init();
    const before = Flipper.n;
    const response = await app.inject({ method: 'GET', url: '/read/1' });
    expect(response.json()).toEqual({ n: before });
    expect([...new Set(Object.values(Flipper.trace).flat())]).toEqual([before]);
    await app.close();
  });
});
