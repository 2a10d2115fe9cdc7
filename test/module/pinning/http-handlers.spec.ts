import 'reflect-metadata';
import { once } from 'node:events';
import type { IncomingMessage as Request, Server, ServerResponse as Response } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import { describe, expect, it } from 'vitest';
import { pinHandlers, type PinnableAdapter } from '../../../lib/module/pinning/http-handlers.js';

type Handler = (...parameters: never[]) => unknown;

function adapter(isPinned = true): ExpressAdapter {
  const express = new ExpressAdapter();
  if (isPinned) pinHandlers(express as unknown as PinnableAdapter, () => undefined);
  return express;
}

/** Returns what Express calls for a handler. */
function registered(handler: Handler): Handler {
  const express = adapter();
  express.use(handler);
  const { router } = express.getInstance<{ router: { stack: { handle: Handler }[] } }>();
  return router.stack.at(-1)!.handle;
}

describe('A handler that is registered with an adapter', () => {
  it('has the name, the members and the metadata of the original', () => {
    const original = Object.assign(function guard() {}, { version: '2' });
    Reflect.defineMetadata('key', 'value', original);
    const handler = registered(original);
    expect(handler).not.toBe(original);
    expect([handler.name, (handler as Partial<typeof original>).version]).toEqual(['guard', '2']);
    expect(Reflect.getMetadata('key', handler)).toBe('value');
  });

  const next = (_request: Request, _response: Response, done: () => void) => done();
  const handlers: Readonly<Record<string, Handler>> = {
    '2 parameters': (_request: Request, response: Response) => response.end('handler'),
    '3 parameters': (_request: Request, response: Response, _next: unknown) => response.end('handler'),
    '4 parameters': (_error: Error, _request: Request, response: Response, _next: unknown) =>
      response.end('error handler'),
    '5 parameters': (_request: Request, response: Response, _a: unknown, _b: unknown, _c: unknown) =>
      response.end('never'),
    'rest parameters': (...[, response]: [Request, Response]) => response.end('handler'),
    'default parameters': (_request: Request, response: Response, _text = '') => response.end('handler'),
  };

  it.each(Object.keys(handlers))('of %s is called if the original would be', async (name) => {
    const answers = [true, false].map(async (isPinned) => {
      const express = adapter(isPinned);
      for (const handler of [next, handlers[name]!]) express.use(handler);
      express.use((_request: Request, response: Response) => response.end('last'));
      const server = express.getInstance<{ listen(port: number, host: string): Server }>();
      const listening = server.listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const answer = await fetch(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/`);
      const text = await answer.text();
      listening.close();
      return text;
    });
    const [pinned, original] = await Promise.all(answers);
    expect(pinned).toBe(original);
  });
});
