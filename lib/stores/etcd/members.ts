import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { type HttpResponse, refuseUpgrade, sendRequest } from '../../connection/send-request.js';
import { readTlsFiles, type TlsFiles } from '../../connection/tls-options.js';
import { isInstance } from '../../util/is-instance.js';
import { startTimeout, unlessAborted } from '../../util/timeouts.js';
import type { Deadline } from './deadline.js';
import { closed, EtcdFailure, noAnswer, toEtcdFailure, toFailure, unreadable } from './etcd-failure.js';
import type { EtcdSettings } from './etcd-options.js';
import { MAX_MESSAGE } from './json-messages.js';

/** Maximum number of calls at once: each has a connection of its own. */
const MAX_CALLS = 20;

/** Time after which a connection without a call is closed, in ms. Meanwhile, it does not keep the process alive. */
const IDLE_TIME = 5_000;

/** Time without a message after which TCP checks that the other end of a stream is there, in ms. */
const TCP_KEEP_ALIVE = 15_000;

export interface Call {
  /** Path below `/v3/`. */
  readonly path: string;
  readonly request: object;
  readonly token?: string | undefined;
  readonly deadline: Deadline;
  /** `true` if the call changes nothing, so that the next member can be asked if one does not answer. */
  readonly isRead?: boolean | undefined;
  /** Asks only this member. */
  readonly only?: URL | undefined;
}

/** The members of a cluster. One that answers is asked until it fails, then the next one. */
export class Members {
  readonly #agent: HttpAgent;
  /** Ends a call in progress. */
  readonly #calls = new Set<EndCall>();
  #current: number;
  /** The read in progress. */
  #tls: Promise<TlsFiles> | undefined;

  /** @param failed is called when a member has not answered */
  constructor(
    private readonly settings: Pick<EtcdSettings, 'urls' | 'tls'>,
    private readonly failed: (member: URL) => void,
  ) {
    const { urls } = settings;
    const options = { keepAlive: true, maxSockets: MAX_CALLS, timeout: IDLE_TIME };
    this.#agent = urls[0]!.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    // Not the first one: the members share the processes of an app.
    this.#current = Math.floor(Math.random() * urls.length);
  }

  /** The member that is asked. */
  get current(): URL {
    return this.settings.urls[this.#current]!;
  }

  /**
   * Sends a call to a member. Sends it to the next one if it certainly has not reached that one, or if it only reads.
   *
   * @throws EtcdFailure
   */
  async send(call: Call): Promise<unknown> {
    for (let tries = call.only === undefined ? this.settings.urls.length : 1; ; tries -= 1) {
      const member = call.only ?? this.current;
      try {
        return await this.#sendTo(member, call, tries);
      } catch (error) {
        if (!isInstance(error, EtcdFailure) || !error.reason.isOfMember) throw error;
        this.leave(member);
        if (tries === 1 || call.deadline.signal.aborted || !(call.isRead || error.reason.isCertain))
          throw error;
      }
    }
  }

  /** Asks the next member from now on. */
  leave(member: URL): void {
    if (member === this.current) this.#current = (this.#current + 1) % this.settings.urls.length;
    this.failed(member);
  }

  /**
   * Opens a stream of messages on a connection of its own, which does not keep the process alive.
   *
   * @throws an error of Node, or the reason of the signal
   */
  async open(
    member: URL,
    { path, request, token }: Omit<Call, 'deadline'>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const tls = await unlessAborted(signal, this.#readTls());
    const send = member.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: 'POST', headers: headersOf(token), signal, agent: false, ...tls };
      const sent = send(new URL(`/v3/${path}`, member), options, resolve);
      sent.on('error', reject);
      refuseUpgrade(sent, reject);
      sent.on('socket', (socket) => socket.unref().setKeepAlive(true, TCP_KEEP_ALIVE));
      sent.end(JSON.stringify(request));
    });
  }

  /** Closes the connections without a call. */
  closeIdle(): void {
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }

  /** Ends all calls. */
  close(): void {
    for (const end of this.#calls) end(closed);
    this.#agent.destroy();
  }

  async #sendTo(member: URL, call: Call, tries: number): Promise<unknown> {
    const ending = new AbortController();
    let isSent = false;
    const end: EndCall = (failure) => ending.abort(failure(!isSent));
    const { signal, timeout } = call.deadline;
    const expire = () => end((isCertain) => noAnswer(timeout, isCertain));
    signal.addEventListener('abort', expire);
    // Leaves time for the other members.
    const share = timeout / this.settings.urls.length;
    const stopShare =
      tries > 1 ? startTimeout(share, () => (call.isRead || !isSent) && expire(), true) : undefined;
    this.#calls.add(end);
    try {
      if (signal.aborted) expire();
      const response = await sendRequest({
        url: new URL(`/v3/${call.path}`, member),
        method: 'POST',
        headers: headersOf(call.token),
        body: JSON.stringify(call.request),
        tls: await unlessAborted(ending.signal, this.#readTls()),
        agent: this.#agent,
        maxBytes: MAX_MESSAGE,
        signal: ending.signal,
        onConnected: () => (isSent = true),
      });
      return toMessage(response);
    } catch (error) {
      throw isInstance(error, EtcdFailure) ? error : toEtcdFailure(error, !isSent);
    } finally {
      this.#calls.delete(end);
      signal.removeEventListener('abort', expire);
      stopShare?.();
    }
  }

  /** A read that hangs occupies a thread of Node: another one would hang too. */
  #readTls(): Promise<TlsFiles> {
    this.#tls ??= readTlsFiles(this.settings.tls)
      .catch((error: unknown) => {
        throw unreadable(error);
      })
      .finally(() => (this.#tls = undefined));
    return this.#tls;
  }
}

type EndCall = (failure: (isCertain: boolean) => EtcdFailure) => void;

function headersOf(token = ''): Record<string, string> {
  return token === '' ? {} : { authorization: token };
}

/** @throws EtcdFailure if it is an error, or not of etcd */
function toMessage({ status, body }: HttpResponse): unknown {
  const message = parse(body);
  if (message === undefined || !['header', 'result', 'error'].some((name) => name in message))
    throw new EtcdFailure({
      problem: `does not answer as etcd does (status ${status}): correct the address`,
      failure: 'refused',
      isCertain: status >= 400 && status < 500,
      isOfMember: true,
    });
  return toResult(message);
}

function parse(body: Buffer): object | undefined {
  try {
    const message: unknown = JSON.parse(body.toString());
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the content of a message. Those of a stream have it in a member of their own.
 *
 * @throws EtcdFailure if it is an error
 */
export function toResult(message: { result?: unknown; error?: unknown; code?: unknown }): unknown {
  const { result, error, code } = message;
  if (error === undefined) return result ?? message;
  if (typeof error === 'string') throw new EtcdFailure(toFailure(error, code));
  const { message: text, grpc_code: number } = error as { message?: unknown; grpc_code?: unknown };
  throw new EtcdFailure(toFailure(String(text), number));
}
