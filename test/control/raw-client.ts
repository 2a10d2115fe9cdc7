import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../support/until.js';

/** A client that sends exactly the bytes that a test passes to it. */
export class RawClient {
  received = '';
  ended = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    // Writing after the app has disconnected the client fails, as it should.
    socket.on('error', () => undefined);
    socket.on('close', () => (this.ended = true));
    onTestFinished(() => void socket.destroy());
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** The messages received so far. */
  get messages(): Record<string, unknown>[] {
    return this.received
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  request(id: number, method: string, params: object = {}): void {
    this.send(`${JSON.stringify({ id, method, params })}\n`);
  }

  /** Waits for a message that has this member, and returns it. */
  async message(member: string): Promise<Record<string, unknown>> {
    await until(`a message with "${member}" is received`, () =>
      this.messages.some((message) => member in message),
    );
    return this.messages.find((message) => member in message)!;
  }

  async untilDisconnected(): Promise<void> {
    await until('it is disconnected', () => this.ended);
  }
}
