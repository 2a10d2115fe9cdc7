import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** Returns a function that runs its argument in the context that is active now; undefined if no pin is active. */
type BindContext = () => (<R>(fn: () => R) => R) | undefined;

type Listener = ((...parameters: unknown[]) => unknown) & { listener?: unknown };
type Connection = Pick<EventEmitter, 'on' | 'addListener'>;
type Add = (event: string | symbol, listener: Listener) => Connection;

/**
 * Calls the listeners that a request adds to its connection in the context of the request. Nest itself learns by such a
 * listener that the client of server-sent events has disconnected, and unsubscribes from the Observable then.
 */
export class ConnectionListeners {
  readonly #followed = new WeakSet<Connection>();

  constructor(private readonly bind: BindContext) {}

  follow(request: IncomingMessage): void {
    const connection = connectionOf(request);
    if (connection === undefined || connection === null || this.#followed.has(connection)) return;
    this.#followed.add(connection); // once, however many requests arrive on it
    for (const name of ['on', 'addListener'] as const) {
      // `once` calls `on`. Node sets an own `on` for each connection: it must be called.
      const add = connection[name] as unknown as Add;
      const addBound: Add = (event, listener) => add.call(connection, event, this.#bound(listener));
      connection[name] = addBound as never;
    }
  }

  #bound(listener: Listener): Listener {
    const enter = this.bind();
    if (enter === undefined || typeof listener !== 'function') return listener;
    const bound: Listener = function (this: unknown, ...parameters) {
      return enter(() => listener.apply(this, parameters));
    };
    // By this property, `removeListener` finds the wrapper of a listener.
    bound.listener = listener.listener ?? listener;
    return bound;
  }
}

function connectionOf(request: IncomingMessage): Connection | null | undefined {
  // The `socket` of a request of HTTP/2 is a proxy for the connection of all requests.
  return request.httpVersionMajor === 1
    ? request.socket
    : (request as { readonly stream?: ServerHttp2Stream }).stream;
}
