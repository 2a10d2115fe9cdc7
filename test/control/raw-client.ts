import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../support/until.js';

/** A client that says what a test makes it say, however wrong. */
export class RawClient {
  received = '';
  ended = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    // Writing to an app that has sent one away fails, as it should.
    socket.on('error', () => undefined);
    socket.on('close', () => (this.ended = true));
    onTestFinished(() => void socket.destroy());
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** What came so far, message by message. */
  get messages(): Record<string, unknown>[] {
    return this.received
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  say(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  ask(id: number, method: string, params: object = {}): void {
    this.say(`${JSON.stringify({ id, method, params })}\n`);
  }

  /** Waits for a message that has this member. */
  async message(member: string): Promise<Record<string, unknown>> {
    await until(`a message with "${member}" comes`, () => this.messages.some((message) => member in message));
    return this.messages.find((message) => member in message)!;
  }

  async untilEnded(): Promise<void> {
    await until('it is sent away', () => this.ended);
  }
}
