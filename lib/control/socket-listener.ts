import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { onExit } from 'signal-exit';
import { ClientConnection } from './client-connection.js';
import { ControlError, failureOf } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { type AppIdentity, type ChannelLimits, PROTOCOL_VERSION } from './protocol.js';
import { listenAt } from './socket-file.js';

/** The Unix domain socket of one app. It keeps no process alive. */
export class SocketListener {
  readonly #server: Server;
  readonly #clients = new Set<ClientConnection>();
  #forgetExit: () => void = () => undefined;

  constructor(
    private readonly path: string,
    private readonly identity: AppIdentity,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
  ) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket)).unref();
  }

  /** Begins to listen. Rejects where that is not possible. */
  async open(): Promise<void> {
    await listenAt(this.path, this.#server);
    // Nobody can be told of a client that could not be accepted; the others go on.
    this.#server.on('error', () => undefined);
    // An app that ends without closing leaves no socket either; how it ends is left as it is.
    this.#forgetExit = onExit(() => this.#remove());
  }

  /** Says goodbye to the clients, and removes the socket. */
  async close(): Promise<void> {
    this.#forgetExit();
    this.#remove();
    for (const client of this.#clients) client.sendAway({ bye: 'the app shuts down' });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #welcome(socket: Socket): void {
    socket.unref();
    const proof = `.who-${randomBytes(16).toString('hex')}`;
    const client = new ClientConnection(socket, {
      methods: this.methods,
      limits: this.limits,
      proof: join(dirname(this.path), proof),
    });
    this.#clients.add(client);
    socket.once('close', () => this.#clients.delete(client));
    if (this.#clients.size <= this.limits.clients)
      return client.send({ hello: { protocol: PROTOCOL_VERSION, app: this.identity, proof } });
    const error = new ControlError(
      'TOO_MANY_CLIENTS',
      `${this.limits.clients} clients are connected already`,
    );
    client.sendAway({ error: failureOf(error) });
  }

  #remove(): void {
    try {
      unlinkSync(this.path);
    } catch {
      // Somebody removed it before.
    }
  }
}
