import type { Socket } from 'node:net';
import type { ChannelLimits } from './channel-limits.js';
import { ClientIdentity } from './client-identity.js';
import type { ClientPlaces } from './client-places.js';
import { ControlError } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { disconnectIfUnread } from './unread-answers.js';
import { LineSplitter, type ParsedRequest, parseRequest } from './json-lines.js';
import { MessageWriter } from './message-writer.js';
import type { Hello } from './protocol.js';

/** Maximum time to deliver the last message to a client that is disconnected, in ms. */
const GOODBYE_TIMEOUT = 1_000;

/**
 * One client of the socket. It is disconnected if it sends something that is not a request, exceeds a limit, does not
 * read, or is idle for too long. Nothing that it does affects the app or another client.
 */
export class ClientConnection {
  readonly #lines: LineSplitter;
  readonly #writer: MessageWriter;
  readonly #identity = new ClientIdentity('socket');
  readonly #gone = new AbortController();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  /** `true` while the timeout for one message runs. A byte must not restart it: a client could send one per second. */
  #isMessageTimed = true;

  constructor(
    private readonly socket: Socket,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
    private readonly places: ClientPlaces<ClientConnection>,
  ) {
    this.#lines = new LineSplitter(limits.messageBytes);
    this.#writer = new MessageWriter(socket, limits, methods.secrets);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#endIfAnswered());
    // The end of a client looks like that of its requests. Only writing tells the two apart: it fails if nobody reads.
    socket.on('end', () => this.#writer.probe());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#close());
    socket.setTimeout(limits.idleTimeout, () => disconnectIfUnread(socket));
    this.#disconnectAfter(limits.messageTimeout);
  }

  greet(hello: Hello): void {
    this.#writer.greet(hello);
    this.places.idle(this);
  }

  /** Disconnects the client at once. */
  drop(): void {
    this.socket.destroy();
  }

  /** Says goodbye and disconnects the client. */
  leave(): void {
    this.#writer.leave();
    this.#end();
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
      // What follows cannot be read.
      this.#writer.fail(error);
      this.#end();
    }
  }

  #accept(request: ParsedRequest): void {
    try {
      if (this.#inFlight >= this.limits.inFlight)
        throw new ControlError(
          'BUSY',
          `this client already has ${this.#inFlight} requests in progress, which is the maximum`,
        );
      this.places.busy(this);
    } catch (error) {
      return this.#writer.fail(error, request.id);
    }
    void this.#answer(request);
  }

  async #answer(request: ParsedRequest): Promise<void> {
    const { id } = request;
    this.#inFlight += 1;
    try {
      const result = await this.methods.call(request, {
        client: this.#identity,
        signal: this.#gone.signal,
        emit: (event) => this.#writer.emit(id, event),
      });
      this.#writer.answer(id, result);
    } catch (error) {
      this.#writer.fail(error, id);
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0 && !this.#gone.signal.aborted) this.places.idle(this);
      if (this.socket.readableEnded) this.#endIfAnswered();
      else this.#restartTimeout();
    }
  }

  /** A client that has closed its side after the last request (`echo … | nc -U`) still receives its responses. */
  #endIfAnswered(): void {
    if (this.#inFlight === 0) this.socket.end();
  }

  #end(): void {
    this.socket.end();
    this.#disconnectAfter(GOODBYE_TIMEOUT);
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
    this.places.leave(this);
    this.#gone.abort();
  }
}
