import { nextLook } from '../../connection/pauses.js';
import { ConfigStoreError, type ConfigStoreFailure } from './config-store.error.js';
import type { StoreSession } from './config-store.interface.js';

/** What a session asks its server for. */
export interface SessionCalls {
  /** Opens one. Its ttl may be longer than the one that was asked for. */
  open(ttl: number): Promise<GrantedSession>;
  /** Renews it within `timeout`. Resolves to `false` if the server does not know it any more. */
  renew(session: GrantedSession, timeout: number): Promise<boolean>;
  /** Ends it, and deletes its keys. */
  end(id: string): Promise<void>;
}

export interface GrantedSession {
  readonly id: string;
  /** In ms. */
  readonly ttl: number;
}

export interface SessionParts {
  /** Name of the store. */
  readonly store: string;
  readonly calls: SessionCalls;
  /** Called when it has ended, and asks for nothing any more. */
  readonly ended: (session: RenewedSession) => void;
}

/**
 * A session that is renewed until it is closed. Its ttl starts when it was asked for: here, a session never lives longer than
 * in the server. So it also ends if the process was paused. Its timers do not keep the process alive.
 */
export class RenewedSession implements StoreSession {
  readonly #ended = new AbortController();
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  /** When it ends if it is not renewed, by `performance.now()`. */
  #endsAt = 0;

  private constructor(
    private readonly granted: GrantedSession,
    private readonly parts: SessionParts,
  ) {}

  /** Rejects as `calls.open()` does. */
  static async open(ttl: number, parts: SessionParts): Promise<RenewedSession> {
    const asked = performance.now();
    const session = new RenewedSession(await parts.calls.open(ttl), parts);
    session.#liveSince(asked);
    session.#renewLater(session.granted.ttl / 3);
    return session;
  }

  get id(): string {
    return this.granted.id;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.ended.aborted) return;
    this.#abort('has closed this session', 'closed');
    await this.parts.calls.end(this.id).catch(() => undefined); // it ends after its ttl then
    this.parts.ended(this);
  }

  /** Also before its timer, which is late after a pause of the process. */
  hasEnded(): boolean {
    if (performance.now() >= this.#endsAt)
      this.#end('has ended this session, because it was not renewed in time', 'timeout');
    return this.ended.aborted;
  }

  async #renew(): Promise<void> {
    if (this.hasEnded()) return;
    const asked = performance.now();
    const { ttl } = this.granted;
    try {
      // Leaves time for a second try.
      const isKnown = await this.parts.calls.renew(this.granted, ttl / 3);
      if (isKnown) this.#liveSince(asked);
      else
        this.#end(
          'does not know this session any more: it was not renewed in time, or was deleted',
          'refused',
        );
      this.#renewLater(ttl / 3);
    } catch {
      this.#renewLater(ttl / 10);
    }
  }

  #renewLater(longest: number): void {
    if (this.ended.aborted) return;
    this.#renewal = setTimeout(() => void this.#renew(), nextLook(longest)).unref();
  }

  #liveSince(asked: number): void {
    this.#endsAt = asked + this.granted.ttl;
    if (this.hasEnded()) return;
    clearTimeout(this.#expiry);
    // A timer may be early by less than 1 ms.
    const look = () => void (this.hasEnded() || this.#liveSince(asked));
    this.#expiry = setTimeout(look, this.#endsAt - performance.now()).unref();
  }

  #end(problem: string, failure: ConfigStoreFailure): void {
    if (this.ended.aborted) return;
    this.#abort(problem, failure);
    this.parts.ended(this);
  }

  #abort(problem: string, failure: ConfigStoreFailure): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#ended.abort(new ConfigStoreError(`${this.parts.store} ${problem}`, failure));
  }
}
