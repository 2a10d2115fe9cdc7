import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isAnswer, REQUEST } from './exchange.js';

/** A connection to a server, kept alive. It carries one request at a time. */
export class Connection {
  /** Rejects when the server closes the connection. */
  readonly lost: Promise<never>;
  private received = '';
  private answered: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => this.receive(text));
    this.lost = once(socket, 'close').then(() => Promise.reject(new Error('The server closed a connection')));
    this.lost.catch(() => undefined); // a failure only for a request in progress
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Sends a request; the callback is called when its answer is complete. */
  send(answered: () => void): void {
    this.answered = answered;
    this.received = '';
    this.socket.write(REQUEST);
  }

  private receive(text: string): void {
    this.received += text;
    if (isAnswer(this.received)) this.answered();
  }
}
