import {
  Agent as HttpAgent,
  type AgentOptions,
  type ClientRequestArgs,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describeNetworkError } from '../../connection/network-error.js';

/** `connectSignal` is that of `sendRequest()`. */
type ConnectOptions = ClientRequestArgs & { readonly connectSignal?: AbortSignal };

type Connected = (error: Error | null, socket: Duplex) => void;

/** A proxy could not be asked, or has refused to connect to the server: the message is the rest of a sentence. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/** Connections to a proxy for `http://`. The path of each request must be its whole address. */
export class ForwardAgent extends HttpAgent {
  constructor(
    options: AgentOptions,
    private readonly proxy: URL,
  ) {
    super(options);
  }

  override createConnection({ connectSignal }: ConnectOptions, connected: Connected): undefined {
    const { host, port, isSecure } = placeOf(this.proxy);
    const done = () => connected(null, socket.off('error', failed));
    const failed = (error: Error) => connected(proxyError(error), socket);
    const socket = isSecure ? connectTls({ host, port }, done) : connect({ host, port }, done);
    socket.once('error', failed);
    connectSignal?.addEventListener('abort', () => socket.destroy(connectSignal.reason as Error), {
      once: true,
    });
  }
}

/** Connections through a proxy for `https://`: it learns the name of the server only. */
export class TunnelAgent extends HttpsAgent {
  constructor(
    options: AgentOptions,
    private readonly proxy: URL,
  ) {
    super(options);
  }

  override createConnection(options: ConnectOptions, connected: Connected): undefined {
    const { isSecure, ...place } = placeOf(this.proxy);
    const target = `${options.host}:${options.port}`;
    const headers = { host: target, ...proxyHeaders(this.proxy) };
    const how = {
      ...place,
      method: 'CONNECT',
      path: target,
      headers,
      agent: false,
      signal: options.connectSignal,
    };
    const request = (isSecure ? requestHttps : requestHttp)(how);
    request.once('error', (error) => connected(proxyError(error), request.socket!));
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode !== 200) connected(refusal(statusCode), socket.destroy());
      else connected(null, super.createConnection({ ...options, socket } as RequestOptions)!);
    });
    request.end();
  }
}

function proxyError(error: Error): ProxyError {
  return new ProxyError(describeNetworkError(error), { cause: error });
}

function refusal(status: number | undefined): ProxyError {
  return new ProxyError(
    status === 407
      ? 'answers 407: correct the user and the password in its address'
      : `does not connect to it: it answers ${status}`,
  );
}

/** Returns the headers for the proxy, with the user and the password of its address. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function placeOf({ protocol, hostname, port }: URL): { host: string; port: number; isSecure: boolean } {
  const isSecure = protocol === 'https:';
  // Without the brackets of an IPv6 address.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(port) || (isSecure ? 443 : 80), isSecure };
}
