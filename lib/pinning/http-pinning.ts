import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Pins } from './pins.js';

type Adapter = NonNullable<HttpAdapterHost['httpAdapter']>;

/** The part of an Express application that every request goes through, before any middleware. */
interface ExpressApplication {
  handle(request: IncomingMessage, response: ServerResponse, next?: unknown): unknown;
}

/** The part of a Fastify instance that is needed to be the first in a request's life. */
interface FastifyApplication {
  addHook(
    name: 'onRequest',
    hook: (request: unknown, reply: { raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

/**
 * Pins every HTTP request when it arrives, below all middleware, so that whatever handles it reads one snapshot.
 *
 * Nest's own middleware would do too, but on Fastify any middleware costs 7 to 18 % of the throughput, and it runs
 * after what was registered earlier. So the pin is taken where the request enters: Express' `handle`, Fastify's first
 * `onRequest` hook. An adapter that is neither gets a plain middleware.
 */
export function pinHttpRequests(host: HttpAdapterHost, pins: Pins): void {
  // The adapter is there already under NestFactory.create(), and comes later under Test.createTestingModule().
  // `init$` replays, and never fires in an application without HTTP.
  host.init$.subscribe(() => pinAdapter(host.httpAdapter, pins));
}

function pinAdapter(adapter: Adapter | undefined, pins: Pins): void {
  if (adapter === undefined || adapter === null) return;
  switch (adapter.getType?.()) {
    case 'express':
      return pinExpress(adapter.getInstance<ExpressApplication>(), pins);
    case 'fastify':
      return pinFastify(adapter.getInstance<FastifyApplication>(), pins);
    default:
      adapter.use?.((_request: unknown, response: ServerResponse, next: () => void) =>
        enterPinned(pins, response, next),
      );
  }
}

function pinExpress(application: ExpressApplication, pins: Pins): void {
  const handle = application.handle;
  application.handle = function pinned(request, response, next) {
    return enterPinned(pins, response, () => handle.call(this, request, response, next));
  };
}

function pinFastify(application: FastifyApplication, pins: Pins): void {
  application.addHook('onRequest', (_request, reply, done) => enterPinned(pins, reply.raw, done));
}

function enterPinned<R>(pins: Pins, response: ServerResponse, next: () => R): R {
  const pin = pins.take();
  // 'close' comes once: after the last byte was handed over, or when the client went away before.
  response.once('close', () => pin.end());
  return pins.enter(pin, next);
}
