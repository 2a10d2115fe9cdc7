import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { until } from './until.js';

/** The ways in which a client may leave. */
export const ABORTS = {
  'closes the connection': (socket: Socket) => socket.destroy(),
  'resets the connection': (socket: Socket) => socket.resetAndDestroy(),
  'ends its half of the connection': (socket: Socket) => socket.end(),
};

/** Returns the bytes of a request line and headers. */
export function head(line: string, headers: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, 'Host: test', ...headers, '', ''].join('\r\n');
}

/** An HTTP client that decides when each byte leaves, and knows when the server has read it. */
export class RawClient {
  received = '';
  private sent = 0;

  private constructor(
    readonly socket: Socket,
    /** The other end of the connection. */
    private readonly peer: Socket,
  ) {
    socket.on('data', (chunk) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
  }

  static async connect(app: INestApplication): Promise<RawClient> {
    const server = app.getHttpServer() as Server;
    const accepted = once(server, 'connection');
    const socket = connect(Number(new URL(await app.getUrl()).port), '127.0.0.1');
    const [peer] = (await accepted) as [Socket];
    return new RawClient(socket, peer);
  }

  /** Sends bytes, and waits until the server has read and parsed them. */
  async send(bytes: string | Buffer): Promise<void> {
    this.sent += Buffer.byteLength(bytes);
    this.socket.write(bytes);
    await until('the server has read it', () => this.peer.bytesRead >= this.sent);
    await turn();
  }

  /** Sends the request line and the headers. */
  sendHead(line: string, headers: readonly string[] = []): Promise<void> {
    return this.send(head(line, headers));
  }

  /** The status of each final response. */
  get statuses(): number[] {
    const lines = this.received.match(/HTTP\/1\.1 \d{3}/g) ?? [];
    return lines.map((line) => Number(line.slice(-3))).filter((status) => status >= 200);
  }

  close(): void {
    this.socket.destroy();
  }
}
