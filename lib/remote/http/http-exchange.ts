import { describeNetworkError } from '../../connection/network-error.js';
import { BodyCutOff, BodyTooLarge, type HttpResponse, sendRequest } from '../../connection/send-request.js';
import { requireTls } from '../../connection/tls-options.js';
import { isInstance } from '../../util/is-instance.js';
import { withTimeout } from '../../util/timeouts.js';
import { Agents } from './agents.js';
import { CredentialReader } from './credentials.js';
import { shownAddress } from './http-address.js';
import type { HttpRequestOptions } from './http-options.js';
import { proxyHeaders, ProxyError } from './proxy-agents.js';
import { type Proxy, proxyFor } from './proxy.js';

/** Maximum number of redirects of one request. */
const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface Question {
  /** Headers and parameters for requests to this address only, without those of `http()`. */
  headersFor(url: URL): Readonly<Record<string, string>>;
  /** Parameters for the first request. */
  readonly parameters: Readonly<Record<string, string>>;
  /** In ms, with all redirects, and the files of the options. */
  readonly timeout: number;
  readonly keepsAlive: boolean;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** A response, and the address that it is from. */
export interface Exchange {
  readonly url: URL;
  readonly response: HttpResponse;
  /** The proxy in brackets, for an error; empty without one. */
  readonly via: string;
}

/** The requests of one source: with its credentials, over its connections. */
export class HttpExchange {
  readonly #agents = new Agents();
  readonly #credentials: CredentialReader;

  constructor(
    private readonly address: URL,
    private readonly options: HttpRequestOptions,
  ) {
    this.#credentials = new CredentialReader(options);
  }

  /** Sends a request, and follows its redirects. Rejects with the reason, as the rest of a sentence. */
  async ask(question: Question): Promise<Exchange> {
    const { signal, timeout, keepsAlive } = question;
    // A file on a dead mount does not end at the signal.
    const options = { signal, keepsAlive, problem: 'has not answered' };
    return withTimeout(timeout, (ending) => this.#follow(question, ending), options);
  }

  /** Describes the address of an exchange, if it is another one, before what is wrong with it. */
  prefixOf(url: URL): string {
    return url.href === this.address.href ? '' : `is redirected to ${shownAddress(url)}, which `;
  }

  close(): void {
    this.#agents.close();
  }

  async #follow(question: Question, signal: AbortSignal): Promise<Exchange> {
    let url = this.address;
    for (let redirects = 0; ; redirects += 1) {
      const exchange = await this.#send(url, question, signal);
      const { response } = exchange;
      if (!REDIRECTS.includes(response.status)) return exchange;
      if (redirects === MAX_REDIRECTS) throw new Error(`is redirected more than ${MAX_REDIRECTS} times`);
      url = this.#redirected(url, response);
    }
  }

  async #send(url: URL, question: Question, signal: AbortSignal): Promise<Exchange> {
    const { maxBytes, keepsAlive } = question;
    const { headers: own, tls } = await this.#credentials.read(url.origin === this.address.origin);
    signal.throwIfAborted();
    const headers = {
      accept: '*/*',
      'user-agent': 'nestjs-hot-config',
      ...own,
      'accept-encoding': 'identity',
      ...question.headersFor(url),
    };
    const sent = new URL(url);
    if (url === this.address)
      for (const [name, value] of Object.entries(question.parameters)) sent.searchParams.set(name, value);
    const proxy = proxyFor(url);
    const via = proxy === undefined ? '' : ` (through ${describeProxy(proxy)})`;
    const agent = this.#agents.for(url, proxy);
    // The proxy reads requests without TLS, and finds the server by the whole address.
    const forward = proxy !== undefined && url.protocol === 'http:';
    if (forward) Object.assign(headers, proxyHeaders(proxy.url));
    const path = forward ? sent.href : undefined;
    try {
      const response = await sendRequest({
        url: sent,
        path,
        headers,
        tls,
        agent,
        maxBytes,
        signal,
        keepsAlive,
      });
      return { url, response, via };
    } catch (error) {
      if (signal.aborted) throw signal.reason as Error;
      const reason = isInstance(error, ProxyError)
        ? `cannot be asked, because its proxy ${error.message}`
        : describeFailure(error, maxBytes);
      throw new Error(this.prefixOf(url) + reason + via, { cause: error });
    }
  }

  /** Finds the next address. Others could read and change what is sent without TLS. */
  #redirected(from: URL, { status, headers: { location } }: HttpResponse): URL {
    if (location === undefined || !URL.canParse(location, from.href))
      throw new Error(`${this.prefixOf(from)}answers ${status} without the address of a redirect`);
    const to = new URL(location, from);
    to.hash = '';
    const isSecure = to.protocol === 'https:';
    if (!isSecure && to.protocol !== 'http:')
      throw new Error(`${this.prefixOf(from)}is redirected to an address that is not of the web`);
    if (!isSecure && from.protocol === 'https:')
      throw new Error(`is redirected to ${shownAddress(to)}, which is not allowed after https://`);
    requireTls(to.hostname, isSecure, this.options.tls, `https://${to.host}`);
    to.username = '';
    to.password = '';
    return to;
  }
}

function describeFailure(error: unknown, maxBytes: number): string {
  if (isInstance(error, BodyTooLarge))
    return `answers with more than ${maxBytes} bytes (limit maxFileSize); shorten it, or raise the limit`;
  if (isInstance(error, BodyCutOff)) return 'has cut off its answer: it has closed the connection too early';
  return describeNetworkError(error);
}

/** Without its user and password. */
function describeProxy({ url, variable }: Proxy): string {
  return `the proxy ${url.protocol}//${url.host} of ${variable}`;
}
