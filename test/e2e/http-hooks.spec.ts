import 'reflect-metadata';
import { AsyncResource } from 'node:async_hooks';
import type { Server, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { majorOf } from '../support/nest-version.js';
import { ABORTS, RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

/** The slot of Nest's adapters for a hook that runs after the answer; missing in older versions of Nest 11. */
interface ResponseHookAdapter {
  setOnResponseHook?(hook: (request: unknown, response: unknown) => unknown): void;
}

@Controller()
class HooksController {
  readonly gate = new Gate();
  constructor(private readonly flips: Flips) {}

  @Get()
  async read() {
    await this.gate.wait();
    await this.flips.step('handler');
    return {};
  }
}

let app: INestApplication;
let flips: Flips;
let gate: Gate;
let client: RawClient;
let response: ServerResponse | undefined;

/** Starts an app whose hooks are added before it listens. */
async function start(adapter: ExpressAdapter | FastifyAdapter, addHooks: () => void): Promise<void> {
  const { imports, providers } = flippingConfig();
  @Module({ imports, providers, controllers: [HooksController] })
  class AppModule {}
  app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  flips = app.get(Flips);
  ({ gate } = app.get(HooksController));
  addHooks();
  await app.listen(0, '127.0.0.1');
  (app.getHttpServer() as Server).on('request', (_request, its: ServerResponse) => (response = its));
  client = await RawClient.connect(app);
}
afterEach(async () => {
  client.close();
  await app.close();
});

const allPinsEnd = () => until('all pins have ended', () => flips.pins === 0);

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };
const hasResponseHook = 'setOnResponseHook' in ExpressAdapter.prototype;

describe.skipIf(!hasResponseHook).each(Object.keys(adapters) as (keyof typeof adapters)[])(
  'The response hook of Nest on %s',
  (name) => {
    it('keeps the version of its request until its promise has settled', async () => {
      const after = new Gate();
      await start(adapters[name](), () =>
        (app.getHttpAdapter() as unknown as ResponseHookAdapter).setOnResponseHook!(async () => {
          flips.read('hook');
          await after.wait();
          await flips.step('after the hook');
        }),
      );
      const arrival = flips.current;
      gate.open();
      await client.sendHead('GET /');
      await until('it is answered', () => client.statuses.length === 1 && after.arrivals === 1);
      await until('the response is closed', () => response!.closed); // set when the request arrived
      await flips.flip();
      expect(flips.pins).toBe(1);
      after.open();
      await allPinsEnd();
      expect(flips.seen.filter(([step]) => step === 'after the hook')).toHaveLength(3);
      expect(flips.versions).toEqual([arrival]);
    });

    // Nest 11 does not catch the errors of the hook.
    const ends = majorOf('@nestjs/core') < 12 ? ['returns'] : ['returns', 'throws', 'rejects'];
    it.each(ends)('holds nothing when it %s', async (how) => {
      await start(adapters[name](), () =>
        (app.getHttpAdapter() as unknown as ResponseHookAdapter).setOnResponseHook!((...parameters) => {
          flips.read('hook');
          if (how === 'throws') throw new Error('as requested');
          // Fastify waits for a callback if there is no promise.
          (parameters as unknown as [unknown, unknown, (() => void)?])[2]?.();
          return how === 'rejects' ? Promise.reject(new Error('as requested')) : undefined;
        }),
      );
      const arrival = flips.current;
      gate.open();
      await client.sendHead('GET /');
      await until('the hook was called', () => flips.steps.includes('hook'));
      await allPinsEnd();
      expect(flips.versions).toEqual([arrival]);
    });
  },
);

describe('The hooks of Fastify', () => {
  const HOOKS = ['preValidation', 'preHandler', 'preSerialization', 'onSend'] as const;
  /** The hook that waits until the client has left. */
  let waitsIn: string;
  let inHook: Gate;
  /** Reads in the context of the request. */
  let readAsHooks: () => number;

  beforeEach(async () => {
    waitsIn = '';
    inHook = new Gate();
    await start(new FastifyAdapter(), () => {
      const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
      for (const hook of HOOKS)
        fastify.addHook(hook as 'preHandler', async () => {
          flips.read(hook);
          if (waitsIn === hook) await inHook.wait();
          await flips.step(hook);
        });
      fastify.addHook(
        'onSend',
        async () => void (readAsHooks = AsyncResource.bind(() => flips.read('late'))),
      );
      fastify.addHook('onResponse', async () => void flips.read('onResponse'));
      fastify.addHook('onRequestAbort', async (_request) => void flips.read('onRequestAbort'));
    });
  });

  it('read the version of the request', async () => {
    const arrival = flips.current;
    gate.open();
    await client.sendHead('GET /');
    await until('it is answered', () => client.statuses.length === 1);
    await allPinsEnd();
    expect(flips.steps.sort()).toEqual(['handler', 'onResponse', ...HOOKS].sort());
    expect(flips.versions).toEqual([arrival]);
  });

  it.each(HOOKS)('read the version of the request if its client leaves during %s', async (hook) => {
    waitsIn = hook;
    const arrival = flips.current;
    gate.open();
    await client.sendHead('GET /');
    await until('the hook waits', () => inHook.arrivals === 1);
    ABORTS['closes the connection'](client.socket);
    await until('the response is closed', () => response!.closed); // set when the request arrived
    await turn();
    await flips.flip();
    inHook.open();
    await until('it has ended', () => flips.seen.filter(([step]) => step === 'onSend').length === 4);
    await allPinsEnd();
    expect(flips.steps).toContain('onRequestAbort');
    expect(flips.versions).toEqual([arrival]);
    // What the hooks have left behind does not keep it.
    await until('the answer has ended', () => response!.writableEnded);
    expect(readAsHooks()).toBe(flips.current);
  });

  it('read the version of the request if its client leaves during the handler', async () => {
    const arrival = flips.current;
    await client.sendHead('GET /');
    await until('the handler waits', () => gate.arrivals === 1);
    ABORTS['closes the connection'](client.socket);
    await until('the response is closed', () => response!.closed); // set when the request arrived
    await flips.flip();
    gate.open();
    await until('it has ended', () => flips.seen.filter(([step]) => step === 'onSend').length === 4);
    await allPinsEnd();
    expect(flips.versions).toEqual([arrival]);
  });
});
