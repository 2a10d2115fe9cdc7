import { createServer, request as requestHttp, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A forward proxy on loopback, as companies have: CONNECT for HTTPS, and whole addresses for HTTP. */
export interface ForwardProxy {
  readonly port: number;
  /** What it was asked for: `CONNECT config.example:443`, `GET http://config.example/app.json`. */
  readonly requests: readonly string[];
  /** The header Proxy-Authorization of the last request. */
  readonly authorization: string | undefined;
  /** Answers each request with this status; default: forwards it. */
  refusal: number | undefined;
}

/** Starts a proxy that finds all names at one port of this machine. Closed after the test. */
export async function startForwardProxy(target: number): Promise<ForwardProxy> {
  const requests: string[] = [];
  let authorization: string | undefined;
  const note = ({ method, url, headers }: IncomingMessage) => {
    requests.push(`${method} ${url}`);
    authorization = headers['proxy-authorization'];
  };
  const server = createServer((request, response) => {
    note(request);
    if (proxy.refusal !== undefined) return void response.writeHead(proxy.refusal).end();
    const { pathname, search } = new URL(request.url!);
    const options = { port: target, host: '127.0.0.1', path: pathname + search, headers: request.headers };
    requestHttp(options, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (request: IncomingMessage, client) => {
    note(request);
    client.on('error', () => undefined);
    if (proxy.refusal !== undefined) return void client.end(`HTTP/1.1 ${proxy.refusal} Refused\r\n\r\n`);
    const upstream = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const proxy: ForwardProxy = {
    port: (server.address() as AddressInfo).port,
    requests,
    get authorization() {
      return authorization;
    },
    refusal: undefined,
  };
  return proxy;
}
