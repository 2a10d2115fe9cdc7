import type { ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Snapshot } from '../../snapshot/snapshot.js';
import { outcomeOf } from '../../pinning/http-outcome.js';
import type { Pins } from '../../pinning/pins.js';

/** A request hook of Nest's adapters. Fastify's reply contains Node's response, Express' reply is one. */
type RequestHook = (request: unknown, response: AnyResponse, done: Done) => unknown;
type AnyResponse = ServerResponse | { readonly raw: ServerResponse };
type Done = (error?: unknown) => void;

/** Returns the snapshot to pin a request to; undefined means the current one. */
type ChooseSnapshot = (request: unknown) => Snapshot | undefined;

interface Pinning {
  readonly pins: Pins;
  readonly choose: ChooseSnapshot;
}

/** The part that both adapters have: one slot for a hook that runs before all middleware. */
interface HookableAdapter {
  onRequestHook?: RequestHook;
  setOnRequestHook(hook: RequestHook): void;
  getType(): string;
}

/**
 * Pins every HTTP request when it arrives, before any middleware, so that all code that handles it reads one snapshot.
 *
 * A Nest middleware is not used: on Fastify it costs 7 to 18 % of the throughput, and it runs after those registered
 * earlier. The request hook of the adapter runs first and costs next to nothing.
 */
export function pinHttpRequests(host: HttpAdapterHost, pins: Pins, choose: ChooseSnapshot): void {
  // NestFactory.create() has set the adapter already, Test.createTestingModule() sets it later; `init$` replays. In an
  // application without HTTP the adapter is undefined.
  host.init$.subscribe(() => pinAdapter(host.httpAdapter, { pins, choose }));
}

function pinAdapter(adapter: HttpAdapterHost['httpAdapter'] | undefined, pinning: Pinning): void {
  const type: unknown = adapter?.getType?.();
  if (type === 'express' || type === 'fastify')
    return pinByHook(adapter as unknown as HookableAdapter, pinning);
  // Every other adapter has at least `use`, for middleware.
  adapter?.use?.((request: unknown, response: ServerResponse, next: Done) =>
    enter(pinning, request, response, next),
  );
}

/** The slot takes one hook, and other libraries use it too (`@nestjs/observe` does): their hook runs inside ours. */
function pinByHook(adapter: HookableAdapter, pinning: Pinning): void {
  const setHook = adapter.setOnRequestHook.bind(adapter);
  const continuesOnPromise = adapter.getType() === 'fastify';
  const pinned =
    (inner: RequestHook | undefined): RequestHook =>
    (request, response, done) =>
      enter(pinning, request, nodeResponse(response), () =>
        inner === undefined
          ? done()
          : runInner(inner.bind(adapter, request, response), done, continuesOnPromise),
      );
  setHook(pinned(adapter.onRequestHook));
  adapter.setOnRequestHook = (hook) => setHook(pinned(hook));
}

/** Awaits the promise that the adapter would await outside of the pin: what follows must run inside. */
function runInner(inner: (done: Done) => unknown, done: Done, continuesOnPromise: boolean): unknown {
  const result = inner(done);
  if (!continuesOnPromise || !(result instanceof Promise)) return result;
  void settle(result, done);
  return undefined;
}

async function settle(result: Promise<unknown>, done: Done): Promise<void> {
  try {
    await result;
  } catch (error) {
    return done(error);
  }
  done();
}

function nodeResponse(response: AnyResponse): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

function enter<R>({ pins, choose }: Pinning, request: unknown, response: ServerResponse, next: () => R): R {
  const pin = pins.take(choose(request), () => describeRequest(request));
  // 'close' is emitted once: after the last byte was sent, or when the client has disconnected. `once` would only add a
  // wrapper to every request.
  response.on('close', () => pin.end(outcomeOf(response)));
  return pins.enter(pin, next);
}

/** Returns `GET /v1/complete`, without the query, which may contain secrets. */
function describeRequest(request: unknown): string {
  const { method, url } = request as { readonly method?: string; readonly url?: string };
  return `${method} ${url?.split('?')[0]}`;
}
