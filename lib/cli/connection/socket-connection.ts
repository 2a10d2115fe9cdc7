import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { AppIdentity, Hello } from '../../control/protocol.js';
import type { AppConnection, Call } from './app-connection.interface.js';
import { callerIdentity } from './caller-identity.js';
import { Conversation } from './conversation.js';

/** A connection to the socket of an app. */
export class SocketConnection implements AppConnection {
  #isIntroduced = false;

  private constructor(
    private readonly path: string,
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
      return new SocketConnection(path, await Promise.race([greeting, refused]), socket, conversation);
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
    if (call.changes && !this.#isIntroduced) await this.#introduce(call.timeout);
    return this.#request(call);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Proves the user of this command: by a file beside the socket, which only this user or root can create. */
  async #introduce(timeout: number): Promise<void> {
    this.#isIntroduced = true;
    const { proof } = this.hello;
    if (proof !== undefined && basename(proof) === proof) createFile(join(dirname(this.path), proof));
    await this.#request({ method: 'hello', params: callerIdentity(), timeout });
  }

  #request(call: Call): Promise<unknown> {
    return this.conversation.request(call, (line) => this.socket.write(line));
  }
}

/** If the file cannot be created (the disk is full), the app logs the user as unverified. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // See above.
  }
}
