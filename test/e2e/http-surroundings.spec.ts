import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { All, Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

type Next = (error?: unknown) => void;

@Controller()
class FlipController {
  constructor(private readonly flips: Flips) {}

  @Get('route')
  async route() {
    await this.flips.step('route');
    return 'from the route';
  }

  @All('all')
  all() {
    return 'all';
  }
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** What the tests use of an app of Express, whose types are not installed. */
interface ExpressApp {
  (request: IncomingMessage, response: ServerResponse): void;
  readonly router: ExpressApp & {
    readonly stack: { readonly handle: (...parameters: unknown[]) => unknown }[];
  };
  readonly mountpath: string;
  use(middleware: Middleware): void;
  get(path: string, handler: Middleware): void;
}

const expressApp = () => new ExpressAdapter().getInstance<ExpressApp>();

let app: INestApplication;
let flips: Flips;

async function start(
  adapter: ExpressAdapter | FastifyAdapter,
  use: (app: NestExpressApplication) => void = () => undefined,
): Promise<void> {
  const { imports, providers } = flippingConfig();
  @Module({ imports, providers, controllers: [FlipController] })
  class AppModule {}
  app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  flips = app.get(Flips);
  use(app as NestExpressApplication);
  await app.listen(0, '127.0.0.1');
}

const text = async (path: string) => (await fetch(new URL(path, await app.getUrl()))).text();
const allEnd = () => until('all pins have ended', () => flips.pins === 0);

afterEach(() => app.close());

/** Functions that are called outside of all requests, as the callbacks of a shared pool and the events of a socket are. */
const outside: (() => unknown)[] = [];
const timer = setInterval(() => outside.splice(0).forEach((call) => call()), 1);
afterAll(() => clearInterval(timer));

/** Goes on outside of the request, after a commit. */
function fromElsewhere(): Middleware {
  return (_request, _response, next) => {
    outside.push(async () => {
      await flips.flip();
      next();
    });
  };
}

describe('A middleware that continues outside of the request', () => {
  it('is followed by the version of the request in an Express app that is mounted', async () => {
    const mounted = expressApp();
    const paths: unknown[] = [];
    mounted.get('/page', async (request: IncomingMessage & { baseUrl?: string; app?: unknown }, response) => {
      await flips.step('mounted');
      paths.push(request.baseUrl, request.app === mounted, mounted.mountpath);
      response.end('from the mounted app');
    });
    await start(new ExpressAdapter(), (its) => its.use(fromElsewhere()).use('/mounted', mounted));
    expect(await text('/mounted/page')).toBe('from the mounted app');
    expect(flips.versions).toEqual([1]);
    expect(paths).toEqual(['/mounted', true, '/mounted']);
    await allEnd();
  });

  it('is followed by the version of the request in a router, a list and a handler of errors', async () => {
    const router = expressApp().router;
    router.get('/page', (_request, _response, next) => {
      flips.read('router');
      next(new Error('from the router'));
    });
    const step = (name: string) => (_request: unknown, _response: unknown, next: Next) => {
      flips.read(name);
      next();
    };
    await start(new ExpressAdapter(), (its) =>
      its
        .use(fromElsewhere())
        .use('/list', [step('first'), [step('second')]], router)
        .use((error: Error, _request: IncomingMessage, response: ServerResponse, _next: Next) => {
          flips.read('error');
          response.end(error.message);
        }),
    );
    expect(await text('/list/page')).toBe('from the router');
    expect(flips.steps).toEqual(['first', 'second', 'router', 'error']);
    expect(flips.versions).toEqual([1]);
    await allEnd();
  });

  it('is followed by the version of the request if the app has its own property `raw`', async () => {
    await start(new ExpressAdapter(), (its) =>
      its
        .use((request: { raw?: unknown }, _response: unknown, next: Next) => {
          request.raw = process;
          next();
        })
        .use(fromElsewhere()),
    );
    expect(await text('/route')).toBe('from the route');
    expect(flips.versions).toEqual([1]);
    await allEnd();
  });
});

describe('A middleware', () => {
  it('is called as without the module, whatever its number of parameters and its members are', async () => {
    const calls: string[] = [];
    const five = Object.defineProperty(
      (_1: unknown, _2: unknown, _3: unknown, _4: unknown, _5: unknown) => void calls.push('five'),
      'name',
      { value: 'five', enumerable: true },
    );
    await start(new ExpressAdapter(), (its) => {
      its.use(five);
      its.use((...parameters: unknown[]) => {
        calls.push(`rest ${parameters.length}`);
        (parameters[2] as Next)();
      });
      its.use((_request: unknown, _response?: unknown, next: Next = () => undefined) => {
        calls.push('default');
        next();
      });
    });
    expect(await text('/all')).toBe('all');
    expect(calls).toEqual(['rest 3', 'default']);
    const { stack } = (app.getHttpAdapter().getInstance() as ExpressApp).router;
    expect(stack.find(({ handle }) => handle.name === 'five')?.handle.length).toBe(5);
  });
});

describe('A request that reaches the adapter after its client has disconnected', () => {
  it('ends its pin', async () => {
    const gate = new Gate();
    const instance = expressApp();
    instance.use(async (_request, response, next) => {
      response.on('close', gate.open);
      await gate.wait();
      next();
    });
    await start(new ExpressAdapter(instance));
    const client = await RawClient.connect(app);
    await client.sendHead('GET /route');
    await until('it waits', () => gate.arrivals === 1);
    client.close();
    await until('the route has been called', () => flips.seen.length === 3);
    expect(flips.versions).toEqual([1]);
    await allEnd();
  });
});

describe('A request and its response', () => {
  it.each([
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ])('on %s show nothing of the configuration when they are printed', async (_, adapter) => {
    const printed: string[] = [];
    await start(adapter(), (its) =>
      its.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
        for (const object of [request, response])
          printed.push(inspect(object, { depth: Infinity, showHidden: true, maxArrayLength: 5 }));
        next();
      }),
    );
    expect(await text('/all')).toBe('all');
    expect(printed).toHaveLength(2);
    for (const shown of printed) {
      expect(shown).toContain('Pin on version 1');
      expect(shown).not.toMatch(/Snapshot|CommitStore|Leases/);
    }
  });
});
