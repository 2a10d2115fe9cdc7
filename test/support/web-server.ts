import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A web server on loopback, closed after the test. */
export interface WebServer {
  /** `http://127.0.0.1:PORT`, or `https://…`. */
  readonly origin: string;
  readonly port: number;
  /** The requests so far. */
  readonly requests: readonly IncomingMessage[];
  /** Answers the requests from now on. */
  answer: RequestListener;
  /** Number of connections that are open. */
  connections(): Promise<number>;
  /** Number of connections since the start. */
  readonly accepted: number;
  stop(): Promise<void>;
}

/** Starts a web server; with a certificate in `tls`, it speaks HTTPS. */
export async function startWebServer(answer: RequestListener, tls?: ServerOptions): Promise<WebServer> {
  const requests: IncomingMessage[] = [];
  let accepted = 0;
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    web.answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', () => (accepted += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const web: WebServer = {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    answer,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    get accepted() {
      return accepted;
    },
    stop,
  };
  onTestFinished(stop);
  return web;
}

/** Returns a listener that answers each request with this body. */
export function body(
  text: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  status = 200,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (_request, response) => void response.writeHead(status, headers).end(text);
}
