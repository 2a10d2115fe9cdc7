import type { Socket } from 'node:net';
import { ControlError, failureOf } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { MessageLines } from './message-lines.js';
import { parseRequest } from './parse-request.js';
import { Peer } from './peer.js';
import type { ChannelLimits, ControlRequest, ServerMessage } from './protocol.js';
import { writeMessage } from './write-message.js';

/** What serves a client of the socket. */
export interface ClientContext {
  readonly methods: ControlMethods;
  readonly limits: ChannelLimits;
  /** The path of the file that shows which user the client is. */
  readonly proof: string;
}

/**
 * One client of the socket. Whatever it sends, or does not, or does not read, ends with it being sent away, and with
 * nothing else.
 */
export class ClientConnection {
  readonly #lines: MessageLines;
  readonly #peer: Peer;
  readonly #gone = new AbortController();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the time of a message is running: it does not begin anew with each byte, however slowly they come. */
  #isTimed = true;

  constructor(
    private readonly socket: Socket,
    private readonly context: ClientContext,
  ) {
    this.#lines = new MessageLines(context.limits.messageBytes);
    this.#peer = new Peer({ via: 'socket', proof: context.proof });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#heardAll());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
    this.#expectWithin(context.limits.messageTimeout);
  }

  /** Says one thing; gives up on a client that does not read. */
  send(message: ServerMessage): void {
    const { limits } = this.context;
    if (this.socket.writableLength > limits.unreadBytes) this.socket.destroy();
    else writeMessage(this.socket, message, limits.answerBytes);
  }

  /** Says why, and ends it. */
  sendAway(message: ServerMessage): void {
    this.send(message);
    this.socket.end();
    this.#expectWithin(1_000);
  }

  #receive(chunk: Buffer): void {
    if (this.socket.writableEnded) return;
    try {
      for (const line of this.#lines.push(chunk)) {
        this.#isTimed = false;
        this.#accept(parseRequest(line));
      }
      this.#expectMore();
    } catch (error) {
      this.sendAway({ error: failureOf(error) });
    }
  }

  #accept(request: ControlRequest): void {
    if (this.#inFlight >= this.context.limits.inFlight) {
      const error = new ControlError('BUSY', `more than ${this.#inFlight} requests of one client at a time`);
      return this.send({ id: request.id, error: failureOf(error) });
    }
    void this.#answer(request);
  }

  async #answer(request: ControlRequest): Promise<void> {
    const { id } = request;
    this.#inFlight += 1;
    try {
      const result = await this.context.methods.call(request, {
        peer: this.#peer,
        signal: this.#gone.signal,
        emit: (event) => this.send({ id, event }),
      });
      this.send({ id, result });
    } catch (error) {
      this.send({ id, error: failureOf(error) });
    } finally {
      this.#inFlight -= 1;
      if (this.socket.readableEnded) this.#heardAll();
      else this.#expectMore();
    }
  }

  /** A client that has said all (`echo … | nc -U`) still gets its answers. */
  #heardAll(): void {
    if (this.#inFlight === 0) this.socket.end();
  }

  #expectMore(): void {
    const { messageTimeout, idleTimeout } = this.context.limits;
    if (this.#isTimed) return;
    this.#isTimed = this.#lines.isInside;
    if (this.#isTimed) this.#expectWithin(messageTimeout);
    else if (this.#inFlight === 0) this.#expectWithin(idleTimeout);
    else clearTimeout(this.#timer);
  }

  #expectWithin(ms: number): void {
    if (this.#gone.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.socket.destroy(), ms).unref();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#gone.abort();
    this.#peer.forget();
  }
}
