import type { ModulesContainer } from '@nestjs/core';
import type { Pins } from '../../pinning/pins.js';

/** Handles the messages of one pattern. Handlers of one event form a chain, which is run by the first of them. */
interface Handler {
  (...parameters: unknown[]): unknown;
  next?: Handler | undefined;
}

/** The part that all transports have, those of `@nestjs/microservices` and custom ones. */
interface RpcServer {
  addHandler(pattern: unknown, handler: Handler, ...rest: unknown[]): unknown;
}

/**
 * Pins every message of a microservice, from before its request-scoped providers are created to the end of its filters.
 *
 * Nest's pre-request hook is not used: it runs after the request-scoped providers, ends before exception filters that
 * await, and a hybrid application has to enable it. Every handler passes through `addHandler` of the server instead.
 */
export function pinRpcMessages(modules: ModulesContainer, pins: Pins): void {
  // The registry replays: servers registered before or later are both reported.
  modules.getRpcTargetRegistry<RpcServer>().subscribe((server) => {
    const originals = new WeakMap<Handler, Handler>();
    const addHandler = server.addHandler.bind(server);
    server.addHandler = (pattern, handler, ...rest) => {
      const describe = () => `the message ${JSON.stringify(pattern)}`;
      const pinned = pinnedHandler(handler, originals, (run) =>
        pins.runToEnd(pins.take(undefined, describe), run),
      );
      originals.set(pinned, handler);
      return addHandler(pattern, pinned, ...rest);
    };
  });
}

function pinnedHandler(
  handler: Handler,
  originals: WeakMap<Handler, Handler>,
  runPinned: (run: () => unknown) => unknown,
): Handler {
  const pinned: Handler = (...parameters) => runPinned(() => handler(...parameters));
  let next: Handler | undefined;
  return Object.defineProperty(pinned, 'next', {
    get: () => next,
    // The handler calls the next one itself, inside the pin of the message: they share one pin.
    set: (value: Handler) => {
      next = value;
      handler.next = originals.get(value) ?? value;
    },
  });
}
