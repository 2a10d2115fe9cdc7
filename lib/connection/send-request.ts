import { Agent as HttpAgent, request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { TlsFiles } from './tls-options.js';

/** One HTTP request. */
export interface HttpRequest {
  readonly url: URL;
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

/** Sends a request and reads the whole response. Follows no redirects. Rejects with the error of Node. */
export function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const { url, method = 'GET', headers, body, tls, agent, maxBytes, signal } = request;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => reject(signal.aborted ? (signal.reason as Error) : (error as Error));
    const options = { method, headers: { ...headers }, signal, ...tls, ...(agent && { agent }) };
    const sent = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('error', failed);
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) sent.destroy(new BodyTooLarge(`the body is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        // The server has closed the connection before the whole body was there.
        if (!response.complete) return failed(new Error('the response was cut off'));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', failed);
    sent.end(body);
  });
}
