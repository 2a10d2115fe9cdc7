import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { AppIdentity, Hello } from '../../control/protocol.js';
import { Conversation } from './conversation.js';
import { callerIdentity } from './caller-identity.js';
import type { Call, Link } from './app-connection.interface.js';

/** A connection through the socket of an app. */
export class SocketConnection implements Link {
  #isIntroduced = false;

  private constructor(
    private readonly path: string,
    private readonly hello: Hello,
    private readonly socket: Socket,
    private readonly conversation: Conversation,
  ) {}

  /** Rejects with the system's error where nobody listens, and with a `CliError` where the app does not greet. */
  static async open(path: string, timeout: number): Promise<SocketConnection> {
    const conversation = new Conversation();
    const greeting = conversation.greeting(timeout);
    const socket = connect(path).setEncoding('utf8');
    const refused = new Promise<never>((_resolve, reject) => socket.once('error', reject));
    socket.on('data', (text: string) => conversation.hear(text));
    socket.on('close', () => conversation.over());
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
    return this.conversation.ask(call, (line) => this.socket.write(line));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Shows which user this is: by a file that only this user, or root, can make where the socket is. */
  async #introduce(timeout: number): Promise<void> {
    this.#isIntroduced = true;
    const { proof } = this.hello;
    if (proof !== undefined && basename(proof) === proof) makeFile(join(dirname(this.path), proof));
    await this.conversation.ask({ method: 'hello', params: callerIdentity(), timeout }, (line) =>
      this.socket.write(line),
    );
  }
}

/** Where it cannot be made (the disk is full), the app's log says that the name is as told. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // Then the name is as told.
  }
}
