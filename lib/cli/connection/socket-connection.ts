import { connect, type Socket } from 'node:net';
import type { AppIdentity, Hello } from '../../control/protocol.js';
import type { AppConnection, Call } from './app-connection.interface.js';
import { callerIdentity } from './caller-identity.js';
import { Conversation } from './conversation.js';

/** A connection to the socket of an app. */
export class SocketConnection implements AppConnection {
  #isIntroduced = false;

  private constructor(
    private readonly hello: Hello,
    private readonly socket: Socket,
    private readonly conversation: Conversation,
  ) {}

  /** Rejects with the system's error if no app listens, and with a `CliError` if the app does not greet in time. */
  static async open(path: string, timeout: number): Promise<SocketConnection> {
    const conversation = new Conversation();
    const greeting = conversation.greeting(timeout);
    const socket = connect(path).setEncoding('utf8');
    const refused = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    socket.on('data', (text: string) => conversation.receive(text));
    socket.on('close', () => conversation.close());
    try {
      return new SocketConnection(await Promise.race([greeting, refused]), socket, conversation);
    } catch (error) {
      socket.destroy();
      greeting.catch(() => undefined);
      throw error;
    }
  }

  get app(): AppIdentity {
    return this.hello.app;
  }

  async call(call: Call): Promise<unknown> {
    if (call.changes) await this.#introduce(call.timeout);
    return this.#request(call);
  }

  close(): void {
    this.socket.destroy();
  }

  /** States the user before the first call that changes something. */
  async #introduce(timeout: number): Promise<void> {
    if (this.#isIntroduced) return;
    this.#isIntroduced = true;
    await this.#request({ method: 'hello', params: callerIdentity(), timeout });
  }

  #request(call: Call): Promise<unknown> {
    return this.conversation.request(call, (line) => this.socket.write(line));
  }
}
