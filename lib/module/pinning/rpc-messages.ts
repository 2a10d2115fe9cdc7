import type { ModulesContainer } from '@nestjs/core';
import type { Pins } from '../../pinning/pins.js';

/** What handles the messages of one pattern. Handlers of one event form a chain, which the first of them runs. */
interface Handler {
  (...parameters: unknown[]): unknown;
  next?: Handler | undefined;
}

/** What all transports of `@nestjs/microservices` have, and custom ones too. */
interface RpcServer {
  addHandler(pattern: unknown, handler: Handler, ...rest: unknown[]): unknown;
}

/**
 * Pins every message of a microservice, from before its request-scoped providers are made to the end of its filters.
 *
 * Nest's pre-request hook would not do: it comes after request-scoped providers, before exception filters that await,
 * and in a hybrid application only where that asks for it. All handlers are given to the server: there nothing is missed.
 */
export function pinRpcMessages(modules: ModulesContainer, pins: Pins): void {
  // It replays: servers that come later are told too.
  modules.getRpcTargetRegistry<RpcServer>().subscribe((server) => {
    const originals = new WeakMap<Handler, Handler>();
    const addHandler = server.addHandler.bind(server);
    server.addHandler = (pattern, handler, ...rest) => {
      const describe = () => `the message ${typeof pattern === 'string' ? pattern : JSON.stringify(pattern)}`;
      const pinned = pinnedHandler(handler, originals, (run) =>
        pins.runIn(pins.take(undefined, describe), run),
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
  let following: Handler | undefined;
  return Object.defineProperty(pinned, 'next', {
    get: () => following,
    // The handler runs what follows it by itself, inside the pin of the message: they share one.
    set: (next: Handler) => {
      following = next;
      handler.next = originals.get(next) ?? next;
    },
  });
}
