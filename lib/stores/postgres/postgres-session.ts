import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { nextLook } from '../../connection/pauses.js';
import { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
import type { StoreSession } from '../contract/config-store.interface.js';
import type { PostgresConnections } from './postgres-connections.js';
import type { PostgresSettings } from './postgres-options.js';
import type { PostgresStatements } from './postgres-statements.js';

/** What a session needs of its store. */
export interface SessionParts {
  readonly settings: PostgresSettings;
  readonly connections: PostgresConnections;
  readonly sql: PostgresStatements;
  /** In ms. */
  readonly ttl: number;
  /** Called when it has ended. */
  readonly ended: (session: PostgresSession) => void;
}

/**
 * A session of a store. For this process, it ends when its ttl has passed since the last renewal was sent: that is not later
 * than on the server, where the same time begins when the renewal arrives.
 */
export class PostgresSession implements StoreSession {
  readonly id = randomUUID();
  readonly #ended = new AbortController();
  #expiry: NodeJS.Timeout | undefined;

  private constructor(private readonly parts: SessionParts) {}

  /** @throws ConfigStoreError */
  static async open(parts: SessionParts): Promise<PostgresSession> {
    const session = new PostgresSession(parts);
    await session.#extend(parts.sql.openSession);
    void session.#renew();
    return session;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async close(): Promise<void> {
    if (this.ended.aborted) return;
    const { connections, sql, ended } = this.parts;
    this.#abort('has closed this session', 'closed');
    await connections.ask(sql.closeSession, [this.id]).catch(() => undefined); // it ends after its ttl then
    ended(this);
  }

  async #renew(): Promise<void> {
    const { ttl, connections, sql } = this.parts;
    while (!this.ended.aborted) {
      await delay(nextLook(ttl / 3), undefined, { ref: false, signal: this.ended }).catch(() => undefined);
      if (this.ended.aborted) return;
      try {
        const isFirst = await this.#extend(sql.renewSession);
        if (isFirst) await connections.ask(sql.deleteEndedSessions, []);
      } catch {
        // The next renewal may be in time: if none is, the timer ends the session.
      }
    }
  }

  /** Returns `true` if it is the first of all sessions. */
  async #extend(statement: string): Promise<boolean> {
    const { connections, ttl, settings } = this.parts;
    const expiry = setTimeout(() => this.#end('has not heard of this session in time'), ttl).unref();
    try {
      const timeout = Math.min(settings.timeout, ttl);
      const [row] = await connections.ask(statement, [this.id, ttl], { timeout });
      clearTimeout(this.#expiry);
      this.#expiry = expiry;
      if (row === undefined) this.#end('had ended this session before it was renewed');
      return row?.['first'] === true;
    } catch (error) {
      clearTimeout(expiry);
      throw error;
    }
  }

  #end(problem: string): void {
    if (this.ended.aborted) return;
    this.#abort(problem, 'timeout');
    this.parts.ended(this);
  }

  #abort(problem: string, failure: ConfigStoreFailure): void {
    clearTimeout(this.#expiry);
    this.#ended.abort(new ConfigStoreError(`${this.parts.settings.name} ${problem}`, failure));
  }
}
