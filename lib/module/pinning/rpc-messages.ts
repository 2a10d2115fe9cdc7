import type { ModulesContainer } from '@nestjs/core';
import { catchError, from, isObservable, mergeMap, type Observable, of, tap } from 'rxjs';
import type { Pins } from '../../pinning/pins.js';
import type { Snapshot } from '../../snapshot/snapshot.js';

/** Handles the messages of one pattern. Handlers of one event form a chain, which is run by the first of them. */
interface Handler {
  (...parameters: unknown[]): unknown;
  next?: Handler | undefined;
}

/** Runs a handler pinned to a snapshot, by default the current one, until its work has ended. */
type RunPinned = (parameters: unknown[], snapshot?: Snapshot) => unknown;

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
    const chain = new HandlerChain(pins);
    const addHandler = server.addHandler.bind(server);
    server.addHandler = (pattern, handler, ...rest) =>
      addHandler(
        pattern,
        chain.pinned(handler, () => `the message ${JSON.stringify(pattern)}`),
        ...rest,
      );
  });
}

/** The handlers of a server. Those of one event read one version, and each holds it until its own end. */
class HandlerChain {
  readonly #runs = new WeakMap<Handler, RunPinned>();

  constructor(private readonly pins: Pins) {}

  pinned(handler: Handler, describe: () => string): Handler {
    const run: RunPinned = (parameters, snapshot) =>
      this.pins.runToEnd(this.pins.takeForMessage(describe, snapshot), () => runChain(handler, parameters));
    const pinned: Handler = (...parameters) => run(parameters);
    this.#runs.set(pinned, run);
    let next: Handler | undefined;
    return Object.defineProperty(pinned, 'next', {
      get: () => next,
      set: (value: Handler) => {
        next = value;
        const runNext: RunPinned = this.#runs.get(value) ?? ((parameters) => value(...parameters));
        // Called by the handler itself, with what request-scoped handlers share.
        handler.next = (...parameters) => holdFailure(runNext(parameters, this.pins.ambient()));
      },
    });
  }
}

/**
 * The failure of a handler. Nest joins the handlers of an event with `forkJoin`, which unsubscribes from all at the first
 * error: a handler that still runs would lose its version. So it gets the failure as a value.
 */
class Failure {
  constructor(readonly error: unknown) {}
}

function holdFailure(reply: unknown): Observable<unknown> {
  const stream = isObservable(reply)
    ? reply
    : from(Promise.resolve(reply)).pipe(mergeMap((value) => (isObservable(value) ? value : of(value))));
  return stream.pipe(catchError((error: unknown) => of(new Failure(error))));
}

/** Runs a handler and those after it. Fails when all have ended, if one of those after it has failed. */
function runChain(handler: Handler, parameters: unknown[]): unknown {
  const reply = handler(...parameters);
  return handler.next !== undefined && reply instanceof Promise ? reply.then(throwHeldFailure) : reply;
}

function throwHeldFailure(joined: unknown): unknown {
  if (!isObservable(joined)) return joined;
  return joined.pipe(
    tap((replies) => {
      const next = (replies as { readonly next?: unknown } | null)?.next;
      if (next instanceof Failure) throw next.error;
    }),
  );
}
