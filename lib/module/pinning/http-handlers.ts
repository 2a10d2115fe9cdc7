import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { RequestPin } from '../../pinning/request-pin.js';
import { copyMetadata } from '../../util/copy-metadata.js';

type AnyFunction = (...parameters: never[]) => unknown;

/** Returns the pin of a request or a response of the adapter; undefined if it has none. */
type PinOf = (object: object) => RequestPin | undefined;

/** The methods of Nest's adapters that register middleware and handlers, and those that answer requests. */
export type PinnableAdapter = Record<string, AnyFunction | undefined>;

/** Each is called with functions among its parameters, after an optional path. */
const REGISTERING_METHODS =
  'use all get head post put patch delete options search query propfind proppatch mkcol copy move lock unlock ' +
  'setErrorHandler setNotFoundHandler';

/**
 * Runs each middleware and handler that is registered with an adapter in the context of its request. The context may have
 * been lost: a middleware may call `next()` from a callback that belongs to other code, such as that of a pool. It also
 * lets the pins know the promises that the adapter awaits.
 *
 * All that Nest registers passes through these methods: middleware, controllers, error handlers.
 */
export function pinHandlers(adapter: PinnableAdapter, pinOf: PinOf): void {
  // Some of the methods call each other.
  const done = new WeakSet<object>();
  const passOn = (_request: unknown, _response: unknown, next: () => void) => next();
  const pinned = (parameter: unknown): unknown => {
    if (Array.isArray(parameter)) return parameter.map(pinned);
    if (typeof parameter !== 'function' || done.has(parameter)) return parameter;
    // An Express app that is mounted in another one must be registered itself: it has settings, and learns its path.
    if ('set' in parameter) return [pinnedHandler(passOn as Method, pinOf), parameter];
    const handler = pinnedHandler(parameter as Method, pinOf);
    done.add(handler);
    return handler;
  };
  for (const name of REGISTERING_METHODS.split(' ')) {
    replaceMethod(
      adapter,
      name,
      (register) =>
        (...parameters) =>
          register(...parameters.map(pinned)),
    );
  }
  // For the middleware of modules. Fastify's returns a promise.
  replaceMethod(adapter, 'createMiddlewareFactory', (create) => (...parameters) => {
    const register = (factory: unknown) => (path: string, callback: unknown) =>
      (factory as (path: string, callback: unknown) => unknown)(path, pinned(callback));
    const factory = create(...parameters);
    return factory instanceof Promise ? factory.then(register) : register(factory);
  });
  replaceMethod(adapter, 'reply', (reply) => (response, body, status) => {
    pinOf(response as object)?.answered(streamOf(body));
    return reply(response, body, status);
  });
}

/** Returns the stream of an answer that is one. */
function streamOf(body: unknown): Readable | undefined {
  const stream = body instanceof StreamableFile ? body.getStream() : body;
  return stream instanceof Readable ? stream : undefined;
}

type Method = (...parameters: unknown[]) => unknown;

function replaceMethod(adapter: PinnableAdapter, name: string, replace: (method: Method) => Method): void {
  const method = adapter[name] as Method | undefined;
  if (typeof method === 'function') adapter[name] = replace(method.bind(adapter)) as AnyFunction;
}

function pinnedHandler(handler: Method, pinOf: PinOf): object {
  const inContext = (request: object, handle: () => unknown): unknown => {
    const pin = pinOf(request);
    return pin === undefined ? handle() : pin.run(handle);
  };
  // Only handlers of errors have four parameters; their first one is the error.
  const pinned =
    handler.length === 4
      ? function (this: unknown, error: unknown, request: object, response: unknown, next: unknown) {
          return inContext(request, () => handler.call(this, error, request, response, next));
        }
      : function (this: unknown, request: object, response: unknown, next: unknown) {
          return inContext(request, () => handler.call(this, request, response, next));
        };
  return asOriginal(pinned, handler);
}

/** Members that belong to a function itself. */
const OWN_MEMBERS = Object.freeze(['prototype', 'arguments', 'caller']);

/**
 * Adds what frameworks read from a function: metadata, its members (such as the version of a route), its name, and its
 * number of parameters, by which Express knows handlers of errors.
 */
function asOriginal(pinned: object, handler: object): object {
  copyMetadata(handler, pinned);
  const members = Object.getOwnPropertyDescriptors(handler);
  for (const name of OWN_MEMBERS) Reflect.deleteProperty(members, name);
  return Object.defineProperties(pinned, members);
}
