import 'reflect-metadata';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type INestApplication,
  type MessageEvent,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestMiddleware,
  type NestModule,
  type PipeTransform,
  Post,
  Query,
  Req,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { concatMap, finalize, Observable } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { ABORTS, RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

type AnyResponse = ServerResponse | { readonly raw: ServerResponse; hijack(): unknown };

/** The moment at which a request waits until its client has left. */
@Injectable()
class Moment {
  at = '';
  gate = new Gate();
  constructor(readonly flips: Flips) {}

  /** Reads before and after several commits; at this moment, the client leaves before the first of them. */
  async pass(step: string): Promise<void> {
    this.flips.read(step);
    if (step === this.at) await this.gate.wait();
    await this.flips.step(step);
  }
}

@Injectable()
class PromiseMiddleware implements NestMiddleware {
  constructor(private readonly moment: Moment) {}
  async use(_request: unknown, _response: unknown, next: () => void) {
    await this.moment.pass('middleware');
    next();
  }
}

/** Continues from a timer, and returns nothing that could be awaited. */
@Injectable()
class CallbackMiddleware implements NestMiddleware {
  constructor(private readonly moment: Moment) {}
  use(_request: unknown, _response: unknown, next: () => void) {
    const { at, gate } = this.moment;
    if (at !== 'callback middleware') return next();
    gate.arrivals += 1;
    const timer = setInterval(() => {
      if (!gate.isOpen) return;
      clearInterval(timer);
      next();
    }, 1);
  }
}

/** Reads in the events of the request and the response. Set before the parsers of bodies, which Nest's middleware is not. */
const eventsMiddleware =
  (flips: Flips) => (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    request.on('aborted', () => flips.read('request aborted')).on('close', () => flips.read('request close'));
    response.on('close', () => flips.read('response close'));
    // An aborted request emits an error only if something listens for it.
    request.on('error', () => flips.read('request error'));
    next();
  };

@Injectable()
class Guard implements CanActivate {
  constructor(private readonly moment: Moment) {}
  async canActivate() {
    await this.moment.pass('guard');
    return true;
  }
}

@Injectable()
class Pipe implements PipeTransform {
  constructor(private readonly moment: Moment) {}
  async transform(value: unknown) {
    await this.moment.pass('pipe');
    return value;
  }
}

@Injectable()
class Interceptor implements NestInterceptor {
  constructor(private readonly moment: Moment) {}
  async intercept(_context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    await this.moment.pass('interceptor');
    return next.handle().pipe(
      concatMap(async (value) => {
        await this.moment.pass('interceptor after');
        return value;
      }),
    );
  }
}

@Injectable()
@Catch()
class Filter implements ExceptionFilter {
  constructor(
    private readonly moment: Moment,
    private readonly host: HttpAdapterHost,
  ) {}
  async catch(_error: unknown, host: ArgumentsHost): Promise<void> {
    await this.moment.pass('filter');
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), {}, 400);
  }
}

@Controller()
class AbortsController {
  constructor(private readonly moment: Moment) {}

  @Get('steps')
  @UseGuards(Guard)
  @UseInterceptors(Interceptor)
  async steps(@Query('fail', Pipe) fail?: string) {
    await this.moment.pass('handler');
    if (fail !== undefined) throw new Error('as requested');
    return {};
  }

  @Post('parsed')
  parsed() {
    return {};
  }

  @Post('read')
  async read(@Req() request: IncomingMessage & { raw?: IncomingMessage }) {
    const body: AsyncIterable<unknown> = request.raw ?? request;
    try {
      for await (const chunk of body) this.moment.flips.read(`chunk ${typeof chunk}`);
    } catch {
      await this.moment.pass('caught');
    }
    return {};
  }

  @Get('writes')
  async writes(@Res() response: AnyResponse) {
    const raw = nodeResponse(response);
    raw.write('first');
    await this.moment.pass('writes');
    raw.write('second');
    await this.moment.pass('written');
    raw.end();
  }

  @Get('answered')
  async answered(@Res() response: AnyResponse) {
    nodeResponse(response).end('answer');
    await this.moment.pass('answered');
    await this.moment.pass('afterwards');
  }

  @Get('file')
  file() {
    const { moment } = this;
    async function* chunks() {
      try {
        yield 'first';
        await moment.pass('file');
        yield 'second';
      } finally {
        await moment.pass('finally');
      }
    }
    return new StreamableFile(Readable.from(chunks()));
  }

  @Get('endless')
  endless() {
    const { flips, gate } = this.moment;
    async function* chunks() {
      try {
        for (; ; gate.arrivals += 1) {
          flips.read('chunk');
          yield 'x'.repeat(100_000);
        }
      } finally {
        flips.read('finally');
      }
    }
    return new StreamableFile(Readable.from(chunks()));
  }

  @Sse('sse')
  sse(): Observable<MessageEvent> {
    const { flips, gate } = this.moment;
    return new Observable<MessageEvent>((subscriber) => {
      flips.read('subscribed');
      subscriber.next({ data: 'first' });
      void gate.wait();
      return () => flips.read('teardown');
    }).pipe(finalize(() => flips.read('finalize')));
  }

  @Get('never')
  never() {
    this.moment.flips.read('never');
    void this.moment.gate.wait();
    return new Promise(() => {});
  }
}

/** Express' response is Node's; Fastify has to be told that the handler writes to Node's. */
function nodeResponse(response: AnyResponse): ServerResponse {
  if (!('raw' in response)) return response;
  response.hijack();
  return response.raw;
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])('On %s', (name) => {
  let app: INestApplication;
  let moment: Moment;
  let flips: Flips;
  let client: RawClient;
  let response: ServerResponse | undefined;

  beforeAll(async () => {
    const { imports, providers } = flippingConfig();
    const filter = { provide: APP_FILTER, useClass: Filter };
    @Module({ imports, providers: [...providers, Moment, filter], controllers: [AbortsController] })
    class AppModule implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(CallbackMiddleware, PromiseMiddleware).forRoutes('{*all}');
      }
    }
    app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
    if (name === 'Fastify')
      (app as NestFastifyApplication)
        .getHttpAdapter()
        .getInstance()
        .addContentTypeParser('application/x-pieces', (_request, _payload, done) => done(null));
    moment = app.get(Moment);
    flips = app.get(Flips);
    app.use(eventsMiddleware(flips));
    await app.listen(0, '127.0.0.1');
    (app.getHttpServer() as Server).on('request', (_request, its: ServerResponse) => (response = its));
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    flips.seen.length = 0;
    response = undefined;
    moment.gate = new Gate();
    client = await RawClient.connect(app);
  });
  afterEach(() => client.close());

  /** Sends a request whose client leaves at this moment. Returns the version at its arrival. */
  async function send(at: string, line: string, headers: string[] = []): Promise<number> {
    moment.at = at;
    const arrival = flips.current;
    await client.sendHead(line, headers);
    return arrival;
  }

  /** Aborts the request, and commits another version when the server knows that the client has left. */
  async function leave(abort: (typeof ABORTS)[keyof typeof ABORTS]): Promise<void> {
    await flips.flip();
    abort(client.socket);
    await until('the response is closed', () => response!.closed); // set when the request arrived
    await flips.flip();
  }

  const allPinsEnd = () => until('all pins have ended', () => flips.pins === 0);

  /** The reads of the request that are not of this version. */
  const others = (version: number) => flips.seen.filter(([, n]) => n !== version);

  const EVENTS = ['request aborted', 'request error', 'request close', 'response close'];
  const SERVED = ['guard', 'interceptor', 'pipe', 'handler', 'interceptor after'];

  describe.each(Object.keys(ABORTS) as (keyof typeof ABORTS)[])('a request whose client %s', (how) => {
    it.each([
      ['middleware', 'GET /steps', SERVED],
      ['guard', 'GET /steps', SERVED],
      ['interceptor', 'GET /steps', SERVED],
      ['pipe', 'GET /steps', SERVED],
      ['handler', 'GET /steps', SERVED],
      ['interceptor after', 'GET /steps', SERVED],
      ['filter', 'GET /steps?fail', ['handler', 'filter']],
      ['writes', 'GET /writes', ['writes', 'written']],
      ['answered', 'GET /answered', ['answered', 'afterwards']],
      ['file', 'GET /file', ['file', 'finally']],
    ])('while its %s awaits keeps its version to the end of its work', async (at, line, steps) => {
      const arrival = await send(at, line);
      await until('it waits', () => moment.gate.arrivals === 1);
      await leave(ABORTS[how]);
      // Nest does not await filters: until they answer, they read the version without holding it.
      expect(flips.pins).toBe(at === 'filter' ? 0 : 1);
      moment.gate.open();
      await until(
        'its work has ended',
        () => flips.seen.filter(([step]) => step === steps.at(-1)).length === 4,
      );
      expect(flips.steps).toEqual(expect.arrayContaining([...steps, 'request close', 'response close']));
      expect(others(arrival)).toEqual([]);
      await allPinsEnd();
    });

    it('while a callback of its middleware is due reads one version in all that follows', async () => {
      const arrival = await send('callback middleware', 'GET /steps');
      await until('it waits', () => moment.gate.arrivals === 1);
      await leave(ABORTS[how]);
      expect(others(arrival)).toEqual([]);
      flips.seen.length = 0;
      moment.gate.open();
      await until(
        'it was handled',
        () => flips.seen.filter(([step]) => step === 'interceptor after').length === 4,
      );
      expect(flips.steps).toEqual(['middleware', ...SERVED]);
      expect(flips.versions).toHaveLength(1);
      await allPinsEnd();
    });

    it('before its body has arrived keeps its version', async () => {
      const headers = ['Content-Type: application/json', 'Content-Length: 1000'];
      const arrival = await send('filter', 'POST /parsed', headers);
      await client.send('{"text":');
      await leave(ABORTS[how]);
      await until('the filter has its error', () => moment.gate.arrivals === 1);
      await flips.flip();
      moment.gate.open();
      await until('its work has ended', () => flips.seen.filter(([step]) => step === 'filter').length === 4);
      expect(flips.steps).toEqual(expect.arrayContaining(EVENTS));
      expect(others(arrival)).toEqual([]);
      await allPinsEnd();
    });

    it('before its handler has read its body keeps its version', async () => {
      const headers = ['Content-Type: application/x-pieces', 'Content-Length: 1000'];
      const arrival = await send('caught', 'POST /read', headers);
      await client.send('first');
      await until('the handler reads it', () => flips.steps.includes('chunk object'));
      await leave(ABORTS[how]);
      await until('the handler knows', () => moment.gate.arrivals === 1);
      await flips.flip();
      moment.gate.open();
      await until('its work has ended', () => flips.seen.filter(([step]) => step === 'caught').length === 4);
      expect(flips.steps).toEqual(expect.arrayContaining(EVENTS));
      expect(others(arrival)).toEqual([]);
      await allPinsEnd();
    });

    it('while it receives events keeps its version in the end of the Observable', async () => {
      const arrival = await send('', 'GET /sse');
      await until('it is subscribed to', () => moment.gate.arrivals === 1);
      await leave(ABORTS[how]);
      await until('it was unsubscribed from', () => flips.steps.includes('finalize'));
      expect(flips.steps).toEqual(expect.arrayContaining(['subscribed', 'teardown', 'finalize']));
      expect(others(arrival)).toEqual([]);
      await allPinsEnd();
    });

    it('while its handler never settles holds its pin no longer than the promise exists', async () => {
      const arrival = await send('', 'GET /never');
      await until('it was handled', () => moment.gate.arrivals === 1);
      await leave(ABORTS[how]);
      response = undefined;
      await until('all pins have ended', async () => {
        await collectGarbage();
        return flips.pins === 0;
      });
      expect(others(arrival)).toEqual([]);
    });
  });

  it('a stream that its client has stopped reading keeps its version in the `finally` of its generator', async () => {
    const arrival = await send('', 'GET /endless');
    client.socket.pause();
    await until('nothing more can be sent', () => moment.gate.arrivals > 3 && response?.writableNeedDrain);
    await leave(ABORTS['closes the connection']);
    await until('the generator has ended', () => flips.steps.includes('finally'));
    expect(others(arrival)).toEqual([]);
    await allPinsEnd();
  });
});
