import { chmodSync, renameSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { onExit } from 'signal-exit';
import type { ChannelLimits } from './channel-limits.js';
import { ClientConnection } from './client-connection.js';
import { ClientPlaces } from './client-places.js';
import type { ControlMethods } from './control-methods.js';
import { PROTOCOL_VERSION } from './protocol.js';

/** The Unix domain socket of one app. It does not keep the process alive. */
export class SocketListener {
  readonly #server: Server;
  readonly #clients = new Set<ClientConnection>();
  readonly #places: ClientPlaces<ClientConnection>;
  #removeExitHook: () => void = () => undefined;

  constructor(
    private readonly path: string,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
  ) {
    this.#places = new ClientPlaces(limits, (client) => client.drop());
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#connect(socket)).unref();
  }

  /** Starts to listen. Rejects if that is not possible. */
  async open(): Promise<void> {
    await listenForOwner(this.#server, this.path);
    // An error here is about one client that could not be accepted; the others are not affected.
    this.#server.on('error', () => undefined);
    // An app that exits without closing removes its socket too. The exit code or signal stays unchanged.
    this.#removeExitHook = onExit(() => this.#removeSocket());
  }

  /** Disconnects the clients and removes the socket. */
  async close(): Promise<void> {
    this.#removeExitHook();
    this.#removeSocket();
    for (const client of this.#clients) client.leave();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(socket: Socket): void {
    socket.unref();
    const client = new ClientConnection(socket, this.methods, this.limits, this.#places);
    this.#clients.add(client);
    socket.once('close', () => this.#clients.delete(client));
    client.greet({ protocol: PROTOCOL_VERSION, app: this.methods.app });
  }

  #removeSocket(): void {
    try {
      unlinkSync(this.path);
    } catch {
      // It is removed already.
    }
  }
}

/**
 * Listens at `path`, with mode 0600. The socket gets its final name only after that, so that a socket with this name
 * always accepts connections, and never those of other users.
 */
async function listenForOwner(server: Server, path: string): Promise<void> {
  const temporary = join(dirname(path), `.${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(temporary, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
