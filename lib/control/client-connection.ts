import type { Socket } from 'node:net';
import type { ChannelLimits } from './channel-limits.js';
import { ClientIdentity } from './client-identity.js';
import { ControlError, failureOf } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { LineSplitter, parseRequest, writeMessage } from './json-lines.js';
import type { ControlRequest, ServerMessage } from './protocol.js';

/** Maximum time to deliver the last message to a client that is disconnected, in ms. */
const GOODBYE_TIMEOUT = 1_000;

/**
 * One client of the socket. It is disconnected if it sends something that is not a request, exceeds a limit, does not
 * read, or is idle for too long. Nothing that it does affects the app or another client.
 */
export class ClientConnection {
  readonly #lines: LineSplitter;
  readonly #identity: ClientIdentity;
  readonly #gone = new AbortController();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  /** `true` while the timeout for one message runs. A byte must not restart it: a client could send one per second. */
  #isMessageTimed = true;

  /** @param proof path of the file by which the client proves its user */
  constructor(
    private readonly socket: Socket,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
    proof: string,
  ) {
    this.#lines = new LineSplitter(limits.messageBytes);
    this.#identity = new ClientIdentity({ via: 'socket', proof });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#endIfAnswered());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#close());
    this.#disconnectAfter(limits.messageTimeout);
  }

  /** Sends a message, or disconnects the client if it has not read the earlier ones. */
  send(message: ServerMessage): void {
    if (this.socket.writableLength > this.limits.unreadBytes) this.socket.destroy();
    else writeMessage(this.socket, message, this.limits.responseBytes);
  }

  /** Sends a last message that has the reason, and disconnects the client. */
  disconnect(message: ServerMessage): void {
    this.send(message);
    this.socket.end();
    this.#disconnectAfter(GOODBYE_TIMEOUT);
  }

  #receive(chunk: Buffer): void {
    if (this.socket.writableEnded) return;
    try {
      for (const line of this.#lines.push(chunk)) {
        this.#isMessageTimed = false;
        this.#accept(parseRequest(line));
      }
      this.#restartTimeout();
    } catch (error) {
      this.disconnect({ error: failureOf(error) });
    }
  }

  #accept(request: ControlRequest): void {
    if (this.#inFlight < this.limits.inFlight) return void this.#answer(request);
    const error = new ControlError(
      'BUSY',
      `this client already has ${this.#inFlight} requests in progress, which is the maximum`,
    );
    this.send({ id: request.id, error: failureOf(error) });
  }

  async #answer(request: ControlRequest): Promise<void> {
    const { id } = request;
    this.#inFlight += 1;
    try {
      const result = await this.methods.call(request, {
        client: this.#identity,
        signal: this.#gone.signal,
        emit: (event) => this.send({ id, event }),
      });
      this.send({ id, result });
    } catch (error) {
      this.send({ id, error: failureOf(error) });
    } finally {
      this.#inFlight -= 1;
      if (this.socket.readableEnded) this.#endIfAnswered();
      else this.#restartTimeout();
    }
  }

  /** A client that has closed its side after the last request (`echo … | nc -U`) still receives its responses. */
  #endIfAnswered(): void {
    if (this.#inFlight === 0) this.socket.end();
  }

  #restartTimeout(): void {
    if (this.#isMessageTimed) return;
    this.#isMessageTimed = this.#lines.isInsideLine;
    if (this.#isMessageTimed) this.#disconnectAfter(this.limits.messageTimeout);
    else if (this.#inFlight === 0) this.#disconnectAfter(this.limits.idleTimeout);
    else clearTimeout(this.#timer);
  }

  #disconnectAfter(ms: number): void {
    if (this.#gone.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.socket.destroy(), ms).unref();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#gone.abort();
    this.#identity.close();
  }
}
