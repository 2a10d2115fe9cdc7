import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { TlsFiles } from './tls-options.js';

/** One HTTP request. */
export interface HttpRequest {
  readonly url: URL;
  /** Default: that of the address. A proxy needs the whole address. */
  readonly path?: string | undefined;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: TlsFiles;
  readonly agent?: HttpAgent | HttpsAgent;
  /** Maximum size of the body of the response, in bytes. */
  readonly maxBytes: number;
  /** Ends the request, at the deadline for example: it rejects with the reason. */
  readonly signal: AbortSignal;
  /** `false` if the process may end while it waits for the answer. Default true. */
  readonly keepsAlive?: boolean;
  /** Called when there is a connection: from now on, the server may have received the request. */
  readonly onConnected?: () => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The body of a response is longer than `maxBytes`. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The server has closed the connection before the whole body was there. */
export class BodyCutOff extends Error {
  override readonly name = 'BodyCutOff';
}

/** Sends a request and reads the whole response. Follows no redirects. Rejects with the error of Node. */
export function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const {
    url,
    path,
    method = 'GET',
    headers,
    body,
    tls,
    agent,
    maxBytes,
    signal,
    keepsAlive = true,
  } = request;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => reject(signal.aborted ? (signal.reason as Error) : (error as Error));
    const options = {
      method,
      headers: { ...headers },
      signal,
      // Node does not give the signal to an agent, and waits for a connection that the agent has not made yet.
      connectSignal: signal,
      ...tls,
      ...(agent && { agent }),
      ...(path !== undefined && { path }),
    };
    let hasAnswer = false;
    const sent = send(url, options, (response) => {
      hasAnswer = true;
      const cutOff = () => failed(new BodyCutOff('the response was cut off'));
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('error', cutOff);
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) sent.destroy(new BodyTooLarge(`the body is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        if (!response.complete) return cutOff();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', (error) => {
      // The server has closed an idle connection at the moment when it was used again.
      const isStale = sent.reusedSocket && !hasAnswer && isReset(error);
      if (isStale && method === 'GET' && !signal.aborted) resolve(sendRequest(request));
      else failed(error);
    });
    if (!keepsAlive) sent.on('socket', (socket) => socket.unref());
    refuseUpgrade(sent, failed);
    const { onConnected } = request;
    if (onConnected)
      sent.on('socket', (socket) => {
        if (socket instanceof TLSSocket ? socket.authorized : !socket.connecting) onConnected();
        else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onConnected);
      });
    sent.end(body);
  });
}

/** Fails a request whose server changes the protocol, which nobody has asked for: it would never end otherwise. */
export function refuseUpgrade(sent: ClientRequest, failed: (error: Error) => void): void {
  sent.on('upgrade', (_response, socket) => {
    socket.destroy();
    failed(new Error('it answers 101 (Switching Protocols)'));
  });
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
