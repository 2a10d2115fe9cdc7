import { nextLook } from '../../connection/pauses.js';
import { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
import type { StoreSession } from '../contract/config-store.interface.js';
import type { Gateway } from './gateway.js';
import type { LeaseResponse } from './messages.js';

interface SessionParts {
  readonly store: string;
  readonly gateway: Gateway;
  /** Is called when it has ended. */
  readonly ended: (id: string) => void;
}

/** A lease of etcd, which is renewed until it is closed. Its timers do not keep the process alive. */
export class EtcdSession implements StoreSession {
  readonly #ended = new AbortController();
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;

  /** @param ttl in ms, as etcd has granted it */
  private constructor(
    readonly id: string,
    private readonly ttl: number,
    private readonly parts: SessionParts,
  ) {}

  /** @throws EtcdFailure */
  static async open(ttl: number, parts: SessionParts): Promise<EtcdSession> {
    const asked = performance.now();
    const request = { TTL: String(Math.ceil(ttl / 1_000)) };
    const { ID, TTL } = await parts.gateway.call<LeaseResponse>('lease/grant', request);
    const session = new EtcdSession(ID, Number(TTL) * 1_000, parts);
    session.#expireLater(asked);
    session.#renewLater(session.ttl / 2);
    return session;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async close(): Promise<void> {
    if (this.ended.aborted) return;
    this.#end('has closed this session', 'closed');
    // Without an answer, etcd ends it after the ttl.
    await this.parts.gateway.call('lease/revoke', { ID: this.id }).catch(() => undefined);
  }

  async #renew(): Promise<void> {
    const asked = performance.now();
    const options = { isRead: true, timeout: this.ttl / 4 };
    try {
      const { TTL } = await this.parts.gateway.call<LeaseResponse>(
        'lease/keepalive',
        { ID: this.id },
        options,
      );
      if (TTL === undefined)
        this.#end('has ended this session: it was not renewed in time, or was revoked', 'refused');
      else this.#expireLater(asked);
      this.#renewLater(this.ttl / 2);
    } catch {
      this.#renewLater(this.ttl / 10);
    }
  }

  #renewLater(longest: number): void {
    if (this.ended.aborted) return;
    this.#renewal = setTimeout(() => void this.#renew(), nextLook(longest)).unref();
  }

  /** The ttl starts when it was asked for: here, a session never lives longer than in etcd. */
  #expireLater(asked: number): void {
    if (this.ended.aborted) return;
    clearTimeout(this.#expiry);
    const expire = () =>
      this.#end(`has not answered for ${this.ttl} ms, so this session has ended`, 'timeout');
    this.#expiry = setTimeout(expire, asked + this.ttl - performance.now()).unref();
  }

  #end(problem: string, failure: ConfigStoreFailure): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#ended.abort(new ConfigStoreError(`${this.parts.store} ${problem}`, failure));
    this.parts.ended(this.id);
  }
}
