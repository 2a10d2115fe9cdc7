import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isAnswer, REQUEST } from './exchange.js';

/** Loads a server over connections that are kept alive. */
export class SocketLoad {
  private constructor(private readonly connections: readonly Connection[]) {}

  static async connect(port: number, count: number): Promise<SocketLoad> {
    const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new SocketLoad(sockets.map((socket) => new Connection(socket)));
  }

  /** Sends so many requests over each connection, each after the answer to the one before. */
  async run(requestsEach: number): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.run(requestsEach)));
  }
}

class Connection {
  private received = '';
  private left = 0;
  private finish: () => void = () => undefined;
  private readonly lost: Promise<never>;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => this.receive(text));
    this.lost = once(socket, 'close').then(() => Promise.reject(new Error('The server closed a connection')));
    this.lost.catch(() => undefined); // a failure only for a load in progress
  }

  async run(requests: number): Promise<void> {
    const finished = new Promise<void>((resolve) => (this.finish = resolve));
    this.left = requests;
    this.send();
    await Promise.race([finished, this.lost]);
  }

  private send(): void {
    this.received = '';
    this.socket.write(REQUEST);
  }

  private receive(text: string): void {
    this.received += text;
    if (!isAnswer(this.received)) return;
    this.left -= 1;
    if (this.left > 0) this.send();
    else this.finish();
  }
}
