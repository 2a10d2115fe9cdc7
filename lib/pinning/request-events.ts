import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers';
import { ConnectionListeners } from './connection-listeners.js';
import type { Pins } from './pins.js';
import type { RequestPin } from './request-pin.js';

type Emit = (event: string | symbol, ...parameters: unknown[]) => boolean;
type Emitter = Pick<IncomingMessage, 'listenerCount'> & { emit: Emit } & Record<
    symbol,
    RequestPin | undefined
  >;

/** The `emit` that requests and responses have, unless other code has replaced it. */
const { emit: inheritedEmit } = EventEmitter.prototype as { readonly emit: Emit };

/**
 * Calls the listeners of all events of a request and its response in the context of the request. Node emits them from its
 * parser and its sockets, which belong to the connection: without this, a body that arrives in pieces would leave the
 * context with its first piece.
 *
 * Both objects get an own `emit`. All requests of the app share it: a closure for each request would cost more.
 */
export class RequestEvents {
  /** The property that holds the pin. Each app has its own: several may handle one request. */
  readonly #key = Symbol('nestjs-hot-config:pin');
  readonly #emitOfRequest = emitOfRequest(this.#key, inheritedEmit);
  readonly #emitOfResponse = emitOfResponse(this.#key, inheritedEmit);
  readonly #connections: ConnectionListeners;

  constructor(pins: Pins) {
    this.#connections = new ConnectionListeners(() => (pins.active === undefined ? undefined : pins.bind()));
  }

  /** Returns the pin of a request or a response; undefined if it has none. */
  pinOf(emitter: object): RequestPin | undefined {
    return (emitter as Emitter)[this.#key];
  }

  /** Runs the events of a request and its response in the context of `pin`, which ends with them. */
  follow(request: IncomingMessage, response: ServerResponse, pin: RequestPin): void {
    const incoming = request as unknown as Emitter;
    const outgoing = response as unknown as Emitter;
    incoming[this.#key] = pin;
    outgoing[this.#key] = pin;
    // Other libraries replace `emit` too; theirs is called by ours.
    incoming.emit =
      incoming.emit === inheritedEmit ? this.#emitOfRequest : emitOfRequest(this.#key, incoming.emit);
    outgoing.emit =
      outgoing.emit === inheritedEmit ? this.#emitOfResponse : emitOfResponse(this.#key, outgoing.emit);
    this.#connections.follow(request);
  }
}

function emitOfRequest(key: symbol, emit: Emit): Emit {
  return function (this: Emitter) {
    return emitPinned(this, key, emit, arguments);
  };
}

function emitOfResponse(key: symbol, emit: Emit): Emit {
  return function (this: Emitter, event: string | symbol) {
    if (event !== 'close' && event !== 'finish') return emitPinned(this, key, emit, arguments);
    try {
      return emitPinned(this, key, emit, arguments);
    } finally {
      const pin = this[key]!; // set with `emit`
      if (event === 'close') pin.closed();
      else if (isUnserved(this as never)) setImmediate(() => pin.closed());
    }
  };
}

/**
 * Checks whether a response that was sent belongs to no server of Node, as in functions of a cloud: it has a socket that
 * is none, and is never closed. A server of Node has taken the socket away.
 */
function isUnserved({ socket }: ServerResponse): boolean {
  return socket != null && typeof (socket as Partial<typeof socket>).emit !== 'function';
}

/** @param parameters not an array: to collect and spread the parameters of each event would cost more */
function emitPinned(emitter: Emitter, key: symbol, emit: Emit, parameters: IArguments): boolean {
  // Most events have no listener; then the context does not matter.
  if (emitter.listenerCount(parameters[0] as string) === 0) return Reflect.apply(emit, emitter, parameters);
  return emitter[key]!.enter(() => Reflect.apply(emit, emitter, parameters)); // set with `emit`
}
