import { randomUUID } from 'node:crypto';
import { nextLook } from '../../connection/pauses.js';
import { startTimeout } from '../../util/timeouts.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import type { StoreSession } from '../contract/config-store.interface.js';

/** What a session asks the store for. */
export interface SessionCalls {
  readonly store: string;
  open(id: string): Promise<void>;
  /** Resolves to `false` if the server knows it no more. */
  renew(id: string): Promise<boolean>;
  end(id: string): Promise<void>;
}

/** A session that is renewed until it is closed, or was not heard of for its ttl. */
export class RedisSession implements StoreSession {
  readonly id = randomUUID();
  readonly #ended = new AbortController();
  #stopTtl: (() => void) | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(
    private readonly ttl: number,
    private readonly calls: SessionCalls,
  ) {}

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async open(): Promise<void> {
    await this.#extend(() => this.calls.open(this.id));
    this.#renewLater();
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#end('has closed this session', 'closed');
    await this.calls.end(this.id).catch(() => undefined); // its keys end with the ttl
  }

  async #renew(): Promise<void> {
    try {
      const isKnown = await this.#extend(() => this.calls.renew(this.id));
      if (!isKnown)
        this.#end('has ended this session: it was not renewed in time, or was deleted', 'refused');
    } catch {
      // It is renewed again until the ttl is over.
    }
    this.#renewLater();
  }

  #renewLater(): void {
    if (this.#ended.signal.aborted) return;
    this.#renewal = setTimeout(() => void this.#renew(), nextLook(this.ttl / 3));
  }

  /** The ttl starts before the request, so that it is over here before it is over in the server. */
  async #extend<T>(ask: () => Promise<T>): Promise<T> {
    const stop = startTimeout(
      this.ttl,
      () => this.#end(`has not answered for ${this.ttl} ms`, 'timeout'),
      true,
    );
    try {
      const answer = await ask();
      this.#stopTtl?.();
      this.#stopTtl = stop;
      return answer;
    } catch (error) {
      stop();
      throw error;
    }
  }

  #end(problem: string, failure: 'closed' | 'refused' | 'timeout'): void {
    this.#stopTtl?.();
    clearTimeout(this.#renewal);
    this.#ended.abort(new ConfigStoreError(`${this.calls.store} ${problem}`, failure));
  }
}
