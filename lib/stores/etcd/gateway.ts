import type { IncomingMessage } from 'node:http';
import { isInstance } from '../../util/is-instance.js';
import { unlessAborted } from '../../util/timeouts.js';
import { type Deadline, withDeadline } from './deadline.js';
import { closed, EtcdFailure } from './etcd-failure.js';
import type { EtcdSettings } from './etcd-options.js';
import { EtcdToken } from './etcd-token.js';
import { Members } from './members.js';

interface CallOptions {
  /** `true` if the call changes nothing. Default false. */
  readonly isRead?: boolean;
  /** Default: the timeout of the store from now. */
  readonly deadline?: Deadline;
  /** Asks only this member. */
  readonly only?: URL;
}

/** The JSON gateway of etcd, with the token of the user. Its methods throw `EtcdFailure`. */
export class Gateway {
  readonly members: Members;
  readonly #token: EtcdToken | undefined;
  #isClosed = false;

  /** @param failed is called when a member has not answered */
  constructor(
    private readonly settings: EtcdSettings,
    failed: (member: URL) => void,
  ) {
    const { user, timeout } = settings;
    this.members = new Members(settings, failed);
    if (user !== undefined)
      this.#token = new EtcdToken(user, (request) =>
        // Of its own, because many calls may wait for it.
        withDeadline(timeout, async (deadline) => {
          const call = { path: 'auth/authenticate', request, deadline, isRead: true };
          return (await this.members.send(call)) as { token?: string };
        }),
      );
  }

  /** Sends a call; once more, with another token, if its token has expired. */
  async call<T>(path: string, request: object, options: CallOptions = {}): Promise<T> {
    const { deadline, isRead, only } = options;
    if (deadline === undefined)
      return withDeadline(this.settings.timeout, (own) =>
        this.call(path, request, { ...options, deadline: own }),
      );
    return this.#withToken(deadline.signal, async (token) => {
      return (await this.members.send({ path, request, token, deadline, isRead, only })) as T;
    });
  }

  /** Opens a stream. If the first message says that its token has expired, `forgetToken()` before the next one. */
  async open(member: URL, path: string, request: object, signal: AbortSignal): Promise<IncomingMessage> {
    const token = await this.#getToken(signal);
    return this.members.open(member, { path, request, token }, signal);
  }

  /** Asks for another token when one is needed next. */
  forgetToken(): void {
    this.#token?.forget();
  }

  close(): void {
    this.#isClosed = true;
    this.members.close();
  }

  async #getToken(signal: AbortSignal): Promise<string | undefined> {
    return this.#token && unlessAborted(signal, this.#token.get());
  }

  async #withToken<T>(signal: AbortSignal, send: (token: string | undefined) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed(true);
    const token = await this.#getToken(signal);
    try {
      return await send(token);
    } catch (error) {
      if (this.#token === undefined || !isInstance(error, EtcdFailure) || !error.reason.isOfToken)
        throw error;
      this.#token.forget(token);
      return send(await this.#getToken(signal));
    }
  }
}
