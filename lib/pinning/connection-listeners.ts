import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** Returns a function that runs its argument in the context that is active now; undefined if no pin is active. */
type BindContext = () => (<R>(fn: () => R) => R) | undefined;

type Listener = (...parameters: unknown[]) => unknown;
type Connection = Pick<EventEmitter, 'on' | 'addListener' | 'once' | 'removeListener' | 'listeners'>;
type Add = (event: string | symbol, listener: Listener) => Connection;

/**
 * Calls the listeners that a request adds to its connection in the context of the request. Nest itself learns by such a
 * listener that the client of server-sent events has disconnected, and unsubscribes from the Observable then.
 */
export class ConnectionListeners {
  /** A property of the connections that are followed: faster than a WeakSet, which is asked at each request. */
  readonly #key = Symbol('nestjs-hot-config:followed');

  constructor(private readonly bind: BindContext) {}

  follow(request: IncomingMessage): void {
    const connection = connectionOf(request);
    if (!connection || this.#key in connection) return; // once, however many requests arrive on it
    // A request that comes from no server of Node, as in functions of a cloud, may have any object as its socket.
    if (typeof (connection as Partial<Connection>).listeners !== 'function') return;
    const { on, addListener, once } = connection as unknown as Record<'on' | 'addListener' | 'once', Add>;
    // Node adds one of its own for each request: it need not be bound.
    const own = new Set<unknown>(connection.listeners('close'));
    // Node has set an own `on` for each connection: it must be called.
    Object.assign(connection, {
      [this.#key]: true,
      on: this.#adding(connection, own, on, on),
      addListener: this.#adding(connection, own, addListener, addListener),
      // Not through Node's `once`: its wrapper would be hidden in ours, so that nobody could remove it.
      once: this.#adding(connection, own, once, on, true),
    });
  }

  /** @param unbound adds a listener if no pin is active */
  #adding(connection: Connection, own: ReadonlySet<unknown>, unbound: Add, add: Add, isOnce = false): Add {
    return (event, listener) => {
      const enter = own.has(listener) ? undefined : this.bind();
      if (enter === undefined || typeof listener !== 'function')
        return unbound.call(connection, event, listener);
      const bound = function (this: unknown, ...parameters: unknown[]) {
        if (isOnce) connection.removeListener(event, bound);
        return enter(() => listener.apply(this, parameters));
      };
      // By this property, `removeListener` finds the wrapper of a listener.
      bound.listener = listener;
      return add.call(connection, event, bound);
    };
  }
}

function connectionOf(request: IncomingMessage): Connection | null | undefined {
  // The `socket` of a request of HTTP/2 is a proxy for the connection of all requests.
  return request.httpVersionMajor === 1
    ? request.socket
    : (request as { readonly stream?: ServerHttp2Stream }).stream;
}
