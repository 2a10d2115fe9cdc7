import type { Server } from 'node:http';
import { Duplex } from 'node:stream';
import { isAnswer, REQUEST } from '../../harness/exchange.js';

/**
 * Loads a server of this process through streams in memory. The kernel's share of a request, which is a half of it and varies
 * most, is not part of what is measured.
 */
export class MemoryLoad {
  private readonly connections: readonly MemoryConnection[];

  constructor(server: Server, count: number) {
    this.connections = Array.from({ length: count }, () => new MemoryConnection());
    for (const connection of this.connections) server.emit('connection', connection);
  }

  /** Sends so many requests over each connection, each after the answer to the one before. */
  async run(requestsEach: number): Promise<void> {
    for (let sent = 0; sent < requestsEach; sent += 1) {
      // Each in an immediate of its own, as each read of a socket is: what a request has queued runs before the next one. And
      // all from here, outside of the contexts of requests.
      for (const connection of this.connections) setImmediate(send, connection);
      do await nextImmediate();
      while (this.connections.some(({ isAnswered }) => !isAnswered));
    }
  }
}

/** The server's end of a connection. */
class MemoryConnection extends Duplex {
  isAnswered = true;
  private received = '';

  send(): void {
    this.isAnswered = false;
    this.received = '';
    this.push(REQUEST, 'latin1');
  }

  override _read(): void {
    // send() pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.received += chunk.toString('latin1');
    this.isAnswered = isAnswer(this.received);
    written();
  }
}

function send(connection: MemoryConnection): void {
  connection.send();
}

function nextImmediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
