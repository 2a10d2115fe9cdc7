import type { ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Snapshot } from '../../snapshot/snapshot.js';
import { outcomeOf } from '../../pinning/http-outcome.js';
import type { Pins } from '../../pinning/pins.js';

/** A request hook, as Nest's adapters take it. Fastify's reply holds Node's response, Express' is one. */
type RequestHook = (request: unknown, response: AnyResponse, done: Done) => unknown;
type AnyResponse = ServerResponse | { readonly raw: ServerResponse };
type Done = (error?: unknown) => void;

/** The snapshot a request is to be pinned to; undefined means the current one. */
type ChooseSnapshot = (request: unknown) => Snapshot | undefined;

interface Pinning {
  readonly pins: Pins;
  readonly choose: ChooseSnapshot;
}

/** What both adapters have: one slot for a hook that comes before all middleware. */
interface HookableAdapter {
  onRequestHook?: RequestHook;
  setOnRequestHook(hook: RequestHook): void;
  getType(): string;
}

/**
 * Pins every HTTP request when it arrives, before any middleware, so that whatever handles it reads one snapshot.
 *
 * Nest's own middleware would not do: on Fastify any middleware costs 7 to 18 % of the throughput, and it runs after
 * what was registered earlier. The adapter's request hook is first and costs next to nothing.
 */
export function pinHttpRequests(host: HttpAdapterHost, pins: Pins, choose: ChooseSnapshot): void {
  // The adapter is there already under NestFactory.create(), and comes later under Test.createTestingModule().
  // `init$` replays; in an application without HTTP the adapter is undefined.
  host.init$.subscribe(() => pinAdapter(host.httpAdapter, { pins, choose }));
}

function pinAdapter(adapter: HttpAdapterHost['httpAdapter'] | undefined, pinning: Pinning): void {
  const type: unknown = adapter?.getType?.();
  if (type === 'express' || type === 'fastify')
    return pinByHook(adapter as unknown as HookableAdapter, pinning);
  // Another adapter: a middleware of its own is the first thing that every adapter offers.
  adapter?.use?.((request: unknown, response: ServerResponse, next: Done) =>
    enter(pinning, request, response, next),
  );
}

/** The slot takes one hook, and others may want it (`@nestjs/observe` does): theirs runs inside ours. */
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

/** Awaited here where the adapter would, outside of the pin: what follows must be inside. */
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
  // 'close' comes once: after the last byte was handed over, or when the client went away before. `once` would wrap the
  // listener for nothing, on every request.
  response.on('close', () => pin.end(outcomeOf(response)));
  return pins.enter(pin, next);
}

/** `GET /v1/complete`; without the query, which may hold secrets. */
function describeRequest(request: unknown): string {
  const { method, url } = request as { readonly method?: string; readonly url?: string };
  return `${method} ${url?.split('?')[0]}`;
}
