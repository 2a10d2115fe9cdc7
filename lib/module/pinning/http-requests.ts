import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Snapshot } from '../../snapshot/snapshot.js';
import type { Pins } from '../../pinning/pins.js';
import { RequestEvents } from '../../pinning/request-events.js';
import { type PinnableAdapter, pinHandlers } from './http-handlers.js';

/** A request hook of Nest's adapters. Fastify's objects contain those of Node, Express' objects are those of Node. */
type RequestHook = (request: Request, response: Response, done: Done) => unknown;
type Request = IncomingMessage | { readonly raw: IncomingMessage };
type Response = ServerResponse | { readonly raw: ServerResponse };
type Done = (error?: unknown) => void;

/** Returns the snapshot to pin a request to; undefined means the current one. */
type ChooseSnapshot = (request: unknown) => Snapshot | undefined;

type ResponseHook = (request: Request, response: Response, ...rest: unknown[]) => unknown;

/** The part that both adapters have: slots for a hook that runs before all middleware, and one that runs after the answer. */
interface HookableAdapter {
  onRequestHook?: RequestHook;
  setOnRequestHook(hook: RequestHook): void;
  onResponseHook?: ResponseHook;
  /** Not in all versions of Nest 11. */
  setOnResponseHook?(hook: ResponseHook): void;
  getType(): string;
}

/**
 * Pins every HTTP request when it arrives, before any middleware, so that all code that handles it reads one snapshot.
 *
 * A Nest middleware is not used: on Fastify it costs 7 to 18 % of the throughput, and it runs after those registered
 * earlier. The request hook of the adapter runs first and costs next to nothing.
 */
export function pinHttpRequests(host: HttpAdapterHost, pins: Pins, choose: ChooseSnapshot | undefined): void {
  // NestFactory.create() has set the adapter already, Test.createTestingModule() sets it later; `init$` replays. An
  // application without HTTP has no adapter.
  host.init$.subscribe(() => {
    const adapter = host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined;
    if (adapter) new HttpPinning(pins, choose).pin(adapter);
  });
}

/** Pins the requests of one adapter. */
class HttpPinning {
  readonly #events: RequestEvents;

  constructor(
    private readonly pins: Pins,
    private readonly choose: ChooseSnapshot | undefined,
  ) {
    this.#events = new RequestEvents(pins);
  }

  pin(adapter: HttpAdapterHost['httpAdapter']): void {
    const type: unknown = adapter.getType?.();
    if (type === 'express' || type === 'fastify') this.#pinByHook(adapter as unknown as HookableAdapter);
    // Every other adapter has at least `use`, for middleware.
    else
      adapter.use?.((request: IncomingMessage, response: ServerResponse, next: Done) =>
        this.#enter(request, request, response, next),
      );
    pinHandlers(adapter as unknown as PinnableAdapter, (object) => this.#events.pinOf(nodeObject(object)));
  }

  /** The slot takes one hook, and other libraries use it too (`@nestjs/observe` does): their hook runs inside ours. */
  #pinByHook(adapter: HookableAdapter): void {
    const setHook = adapter.setOnRequestHook.bind(adapter);
    const continuesOnPromise = adapter.getType() === 'fastify';
    const pinned =
      (inner: RequestHook | undefined): RequestHook =>
      (request, response, done) => {
        const run =
          inner && (() => runInner(inner.bind(adapter, request, response), done, continuesOnPromise));
        return this.#enter(request, nodeObject(request), nodeObject(response), run ?? done);
      };
    setHook(pinned(adapter.onRequestHook));
    adapter.setOnRequestHook = (hook) => setHook(pinned(hook));
    this.#pinResponseHook(adapter);
  }

  /** Nest awaits the promise of the hook, which may read the configuration until then. */
  #pinResponseHook(adapter: HookableAdapter): void {
    const setHook = adapter.setOnResponseHook?.bind(adapter);
    if (setHook === undefined) return;
    adapter.setOnResponseHook = (hook) =>
      setHook((...parameters) => {
        const pin = this.#events.pinOf(nodeObject(parameters[1]));
        const run = () => Reflect.apply(hook, adapter, parameters);
        return pin === undefined ? run() : pin.runAfterAnswer(run);
      });
    if (adapter.onResponseHook) adapter.setOnResponseHook(adapter.onResponseHook);
  }

  /** @param request the request of the adapter */
  #enter(
    request: Request,
    incoming: IncomingMessage,
    response: ServerResponse,
    next: () => unknown,
  ): unknown {
    // An app may handle a request again, to redirect it internally.
    const known = this.#events.pinOf(incoming);
    if (known !== undefined) return known.run(next);
    const pin = this.pins.takeForRequest(incoming, response, this.choose?.(request));
    this.#events.follow(incoming, response, pin);
    if (!isClosed(response)) return this.pins.enter(pin, next);
    // The client has disconnected while other code, which runs before the adapter, was waiting.
    pin.closed();
    return pin.run(next);
  }
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

/** Checks whether `close` has been emitted already. */
function isClosed(response: ServerResponse & { readonly stream?: ServerHttp2Stream }): boolean {
  return response.closed || response.stream?.destroyed === true;
}

/** A property `raw` of an object of Node belongs to the app. */
function nodeObject<X extends object>(object: X | { readonly raw: X }): X {
  if ('emit' in object) return object as X;
  const { raw } = object as { readonly raw?: X & { readonly emit?: unknown } };
  return typeof raw?.emit === 'function' ? raw : (object as X);
}
