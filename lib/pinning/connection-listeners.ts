import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** Returns a function that runs its argument in the context that is active now; undefined if no pin is active. */
type BindContext = () => (<R>(fn: () => R) => R) | undefined;

type Listener = (...parameters: unknown[]) => unknown;
type Connection = Pick<EventEmitter, 'on' | 'addListener' | 'once' | 'removeListener'>;
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
    const { on, addListener, once } = connection as unknown as Record<'on' | 'addListener' | 'once', Add>;
    // Node has set an own `on` for each connection: it must be called.
    Object.assign(connection, {
      on: this.#adding(connection, on, on),
      addListener: this.#adding(connection, addListener, addListener),
      // Not through Node's `once`: its wrapper would be hidden in ours, so that nobody could remove it.
      once: this.#adding(connection, once, on, true),
    });
  }

  /** @param unbound adds a listener if no pin is active */
  #adding(connection: Connection, unbound: Add, add: Add, isOnce = false): Add {
    return (event, listener) => {
      const enter = this.bind();
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
