import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ControlHttpOptions } from '../runtime/control-options.interface.js';
import type { Redacted } from '../secrets/redacted.js';
import type { ChannelLimits } from './channel-limits.js';
import { ClientIdentity } from './client-identity.js';
import { ClientPlaces } from './client-places.js';
import { ControlError } from './control.error.js';
import type { ControlMethods } from './control-methods.js';
import { LineSplitter, type ParsedRequest, parseRequest } from './json-lines.js';
import { MessageWriter } from './message-writer.js';
import { PROTOCOL_VERSION } from './protocol.js';
import { disconnectIfUnread } from './unread-answers.js';

/** A shorter token could be guessed. */
const MIN_TOKEN_LENGTH = 16;

/**
 * The control channel over HTTP, for `hot-config --url`. The body of a POST has the lines that a client of the socket
 * would send, and the response has the lines that the socket would answer. It has a port of its own: an app needs no
 * HTTP server for it, no guard or prefix of the app affects it, and nothing is added to the app's own port.
 */
export class HttpListener {
  readonly #server: Server;
  readonly #token: Buffer;
  readonly #responses = new Set<ServerResponse>();
  /** A connection is idle until it has sent the token: those without it shut nobody out. */
  readonly #places: ClientPlaces<Socket>;

  constructor(
    private readonly options: ControlHttpOptions,
    private readonly methods: ControlMethods,
    private readonly limits: ChannelLimits,
  ) {
    // It comes from the environment, and may be missing.
    const token = String(options.token ?? '');
    if (token.length < MIN_TOKEN_LENGTH)
      throw new ConfigOptionsError(
        `The option "control.http.token" must have at least ${MIN_TOKEN_LENGTH} characters`,
      );
    this.#token = digest(token);
    this.#places = new ClientPlaces(limits, (socket) => socket.destroy());
    this.#server = createServer(
      {
        headersTimeout: limits.messageTimeout,
        requestTimeout: limits.messageTimeout,
        connectionsCheckingInterval: Math.min(limits.messageTimeout, 1_000),
        maxHeaderSize: 8 * 1024,
        // Of TCP: a machine that has vanished says no goodbye.
        keepAlive: true,
        keepAliveInitialDelay: limits.idleTimeout,
      },
      (request, response) => void this.#serve(request, response),
    ).unref();
    this.#server.maxRequestsPerSocket = 1;
    this.#server.setTimeout(limits.idleTimeout, disconnectIfUnread);
  }

  /** Starts to listen, and returns the URL. */
  async open(): Promise<string> {
    const { port, host = '127.0.0.1' } = this.options;
    this.#server.on('connection', (socket) => this.#connect(socket));
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.#server.on('error', () => undefined);
    const { address, family, port: actual } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`;
  }

  async close(): Promise<void> {
    for (const response of this.#responses) {
      this.#writerTo(response).leave();
      response.end();
    }
    const closed = new Promise((resolve) => this.#server.close(resolve));
    setTimeout(() => this.#server.closeAllConnections(), 1_000).unref();
    await closed;
  }

  #connect(socket: Socket): void {
    socket.unref();
    socket.once('close', () => this.#places.leave(socket));
    this.#places.idle(socket);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const writer = this.#writerTo(response);
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
      await this.#authorize(request, gone.signal);
      this.#places.busy(request.socket);
      const requests = await requestsIn(request, this.limits);
      writer.greet({ protocol: PROTOCOL_VERSION, app: this.methods.app });
      const client = new ClientIdentity('http');
      for (const each of requests) await this.#answer(each, client, writer, gone.signal);
    } catch (error) {
      if (!response.headersSent) response.statusCode = statusOf(error);
      writer.fail(error);
    }
    response.end();
  }

  /** The token is checked first: without it, a client finds out nothing else. CORS is never allowed. */
  async #authorize({ headers, method, url }: IncomingMessage, gone: AbortSignal): Promise<void> {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(token), this.#token)) {
      await delay(this.limits.wrongTokenDelay, undefined, { signal: gone, ref: false });
      throw new ControlError(
        'UNAUTHORIZED',
        'the token in the header Authorization: Bearer <token> is missing or wrong',
      );
    }
    if (method !== 'POST') throw new ControlError('METHOD_NOT_ALLOWED', 'requests must use POST');
    if (url !== '/') throw new ControlError('NOT_FOUND', 'the path of the URL must be /');
  }

  async #answer(
    request: ParsedRequest,
    client: ClientIdentity,
    writer: MessageWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = request;
    try {
      const emit = (event: Redacted<unknown>) => writer.emit(id, event);
      writer.answer(id, await this.methods.call(request, { client, signal, emit }));
    } catch (error) {
      writer.fail(error, id);
    }
  }

  #writerTo(response: ServerResponse): MessageWriter {
    return new MessageWriter(response, this.limits, this.methods.secrets);
  }
}

/** Digests have the same length, so that comparing two takes the same time for every token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

async function requestsIn(
  body: IncomingMessage,
  { messageBytes, inFlight }: ChannelLimits,
): Promise<ParsedRequest[]> {
  const lines = new LineSplitter(messageBytes);
  const requests: ParsedRequest[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > messageBytes)
      throw new ControlError('TOO_LARGE', `a body must not be longer than ${messageBytes} bytes`);
    for (const line of lines.push(chunk)) requests.push(parseRequest(line));
  }
  if (lines.isInsideLine) for (const line of lines.push(Buffer.from('\n'))) requests.push(parseRequest(line));
  if (requests.length > inFlight)
    throw new ControlError('BUSY', `a body must not have more than ${inFlight} requests`);
  return requests;
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
  TOO_MANY_CLIENTS: 503,
};
