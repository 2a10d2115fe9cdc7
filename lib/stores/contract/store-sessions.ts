import { checkDelay, invalidOption } from '../../options/checks.js';
import { ConfigStoreError } from './config-store.error.js';
import type { StoreSession } from './config-store.interface.js';
import { RenewedSession, type SessionCalls } from './renewed-session.js';

/** Why a write with a session is refused, after the name of the store. */
export const NO_SESSION = 'has no such session: it has ended, or another client has opened it';

/** The sessions of one client of a store. */
export class StoreSessions {
  readonly #sessions = new Map<string, RenewedSession>();
  readonly #opening = new Set<Promise<StoreSession>>();
  #isClosed = false;

  /** @param parts `ended` is called when a session has ended, and asks for nothing any more */
  constructor(
    private readonly parts: { readonly store: string; readonly calls: SessionCalls; ended(id: string): void },
  ) {}

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * @param ttl in ms
   * @throws ConfigOptionsError if the ttl is not valid
   */
  async open(ttl: number): Promise<StoreSession> {
    if (checkDelay('ttl', ttl) < 1_000) throw invalidOption('ttl', 'at least 1000 ms', ttl);
    this.#refuseIfClosed();
    const opening = this.#open(ttl);
    this.#opening.add(opening);
    return opening.finally(() => this.#opening.delete(opening));
  }

  /** @throws ConfigStoreError if a key cannot be of this session: it has ended, or is of another client */
  check(session: StoreSession | undefined): void {
    if (session === undefined) return;
    if (this.#sessions.get(session.id)?.hasEnded() !== false) throw this.noSession();
  }

  noSession(): ConfigStoreError {
    return new ConfigStoreError(`${this.parts.store} ${NO_SESSION}`, 'refused');
  }

  /** Ends all sessions, also those that are being opened. Resolves when the server knows that, or cannot be asked. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    await Promise.allSettled(this.#opening);
  }

  async #open(ttl: number): Promise<StoreSession> {
    const { store, calls } = this.parts;
    const session = await RenewedSession.open(ttl, { store, calls, ended: ({ id }) => this.#delete(id) });
    if (!session.ended.aborted) this.#sessions.set(session.id, session);
    if (this.#isClosed) await session.close();
    this.#refuseIfClosed();
    return session;
  }

  #delete(id: string): void {
    this.#sessions.delete(id);
    this.parts.ended(id);
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw new ConfigStoreError(`${this.parts.store} was closed`, 'closed');
  }
}
