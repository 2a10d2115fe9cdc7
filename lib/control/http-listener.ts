import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ControlHttpOptions } from '../runtime/control-options.interface.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { ControlError, failureOf } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { MessageLines } from './message-lines.js';
import { parseRequest } from './parse-request.js';
import { Peer } from './peer.js';
import { type ChannelLimits, type ControlRequest, PROTOCOL_VERSION, type ServerMessage } from './protocol.js';
import { writeMessage } from './write-message.js';

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

/**
 * The same channel over HTTP, for `hot-config --url`: a request is a POST whose body is the lines that a client of the socket
 * would say, and its answer the lines that the socket would say. It has a port of its own, so that an app needs no HTTP server of its own for it, no
 * guard or prefix of the app's is in the way, and the app's port stays the app's.
 */
export class HttpListener {
  readonly #server: Server;
  readonly #token: Buffer;
  readonly #responses = new Set<ServerResponse>();

  constructor(
    private readonly options: ControlHttpOptions,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
  ) {
    // It comes from the environment, and may not be there.
    const token = String(options.token ?? '');
    if (token.length < SHORTEST_TOKEN)
      throw new ConfigOptionsError(
        `The option "control.http.token" must have at least ${SHORTEST_TOKEN} characters`,
      );
    this.#token = digest(token);
    this.#server = createServer(
      {
        headersTimeout: limits.messageTimeout,
        requestTimeout: limits.messageTimeout,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8 * 1024,
        keepAlive: false,
      },
      (request, response) => void this.#serve(request, response),
    ).unref();
    this.#server.maxConnections = limits.clients;
  }

  /** Begins to listen; gives the URL. */
  async open(): Promise<string> {
    const { port, host = '127.0.0.1' } = this.options;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.#server.on('error', () => undefined);
    this.#server.on('connection', (socket) => socket.unref());
    const { address, family, port: actual } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`;
  }

  async close(): Promise<void> {
    for (const response of this.#responses) {
      this.#say(response, { bye: 'the app shuts down' });
      response.end();
    }
    const closed = new Promise((resolve) => this.#server.close(resolve));
    setTimeout(() => this.#server.closeAllConnections(), 1_000).unref();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      gone.abort();
    });
    response.setHeaders(
      new Map([
        ['Connection', 'close'],
        ['Cache-Control', 'no-store'],
        ['Content-Type', 'application/x-ndjson'],
      ]),
    );
    try {
      this.#admit(request);
      const messages = await messagesOf(request, this.limits);
      this.#say(response, { hello: { protocol: PROTOCOL_VERSION, app: this.methods.identity } });
      const peer = new Peer({ via: 'http' });
      for (const message of messages) await this.#answer(message, peer, response, gone.signal);
    } catch (error) {
      if (!response.headersSent) response.statusCode = statusOf(error);
      this.#say(response, { error: failureOf(error) });
    }
    response.end();
  }

  /** Whoever has no token learns nothing but that; no other site's script can ask, for no answer allows it to. */
  #admit({ headers, method, url }: IncomingMessage): void {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(token), this.#token))
      throw new ControlError('UNAUTHORIZED', 'the token is missing or wrong: Authorization: Bearer <token>');
    if (method !== 'POST') throw new ControlError('METHOD_NOT_ALLOWED', 'requests are POSTs');
    if (url !== '/') throw new ControlError('NOT_FOUND', 'requests go to /');
  }

  async #answer(
    request: ControlRequest,
    peer: Peer,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = request;
    try {
      const emit = (event: unknown) => this.#say(response, { id, event });
      this.#say(response, { id, result: await this.methods.call(request, { peer, signal, emit }) });
    } catch (error) {
      this.#say(response, { id, error: failureOf(error) });
    }
  }

  #say(response: ServerResponse, message: ServerMessage): void {
    if (response.writableLength > this.limits.unreadBytes) response.destroy();
    else writeMessage(response, message, this.limits.answerBytes);
  }
}

/** Of equal length, so that comparing takes the same time whatever was sent. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

async function messagesOf(
  request: IncomingMessage,
  { messageBytes, inFlight }: ChannelLimits,
): Promise<ControlRequest[]> {
  const lines = new MessageLines(messageBytes);
  const messages: ControlRequest[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > messageBytes)
      throw new ControlError('TOO_LARGE', `a request is longer than ${messageBytes} bytes`);
    for (const line of lines.push(chunk)) messages.push(parseRequest(line));
  }
  if (lines.isInside) for (const line of lines.push(Buffer.from('\n'))) messages.push(parseRequest(line));
  if (messages.length > inFlight)
    throw new ControlError('BUSY', `more than ${inFlight} messages in a request`);
  return messages;
}

function statusOf(error: unknown): number {
  return (error instanceof ControlError && STATUS[error.code]) || 400;
}

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TOO_LARGE: 413,
  BUSY: 429,
};
