import { randomUUID } from 'node:crypto';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import { byBytes } from '../contract/by-bytes.js';
import { checkKey, checkValue } from '../contract/check-key.js';
import { checkList } from '../contract/check-list.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import type {
  ListOptions,
  PutOptions,
  PutResult,
  StoreEntry,
  StoreListener,
  StorePage,
  StoreSession,
} from '../contract/config-store.interface.js';
import type { FleetStore } from '../contract/fleet-store.interface.js';
import { StoreSessions } from '../contract/store-sessions.js';
import { StoreWatches } from '../contract/store-watches.js';

/**
 * Creates a store in the memory of this process, for tests and examples. It keeps nothing when the process ends.
 *
 * @example
 * ```ts
 * const store = memoryStore();
 * await store.put('app.yaml', 'limits: { requests: 5 }');
 * const sources = [stored(store, 'app.yaml')];
 * ```
 *
 * @publicApi
 */
export function memoryStore(): MemoryStore {
  return new MemoryStore(new MemoryServer());
}

/** What all clients of one memory store share. */
class MemoryServer {
  readonly entries = new Map<string, StoreEntry & { readonly session?: string | undefined }>();
  readonly clients = new Set<MemoryStore>();
  isStopped = false;
  /** Number of writes. A revision is never used twice. */
  writes = 0;
}

/**
 * Store created by `memoryStore()`.
 *
 * @publicApi
 */
export class MemoryStore implements FleetStore {
  readonly name = 'memory';
  readonly #server: MemoryServer;
  readonly #watches: StoreWatches;
  readonly #sessions: StoreSessions;
  #isClosed = false;

  /** @internal */
  constructor(server: MemoryServer) {
    this.#server = server;
    this.#watches = new StoreWatches({ opened: () => undefined, closed: () => undefined });
    this.#sessions = new StoreSessions({
      store: this.name,
      calls: {
        open: async (ttl) => {
          await this.#answer();
          return { id: randomUUID(), ttl };
        },
        renew: async () => {
          await this.#answer();
          return true;
        },
        // `ended` does it, also if it was not renewed in time.
        end: async () => undefined,
      },
      ended: (id) => this.#end(id),
    });
    server.clients.add(this);
  }

  /** Returns another client of the same memory, as another process would be. */
  connect(): MemoryStore {
    return new MemoryStore(this.#server);
  }

  /** Stops to answer all clients, like a server that is down. Its content is kept. */
  stop(): void {
    this.#server.isStopped = true;
    for (const client of this.#server.clients)
      client.#watches.lost(client.#error('is stopped', 'unreachable'));
  }

  /** Answers again after `stop()`. */
  start(): void {
    this.#server.isStopped = false;
    for (const client of this.#server.clients) client.#watches.restored();
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    await this.#answer();
    return shown(this.#server.entries.get(key));
  }

  async list(prefix: string, options?: ListOptions): Promise<StorePage> {
    const { after, limit } = checkList(prefix, options);
    await this.#answer();
    const keys = [...this.#server.entries.keys()].filter((key) => key.startsWith(prefix)).toSorted(byBytes);
    const wanted = keys.filter((key) => byBytes(key, after) > 0);
    const entries = wanted.slice(0, limit).map((key) => shown(this.#server.entries.get(key))!);
    return { entries, more: wanted.length > limit };
  }

  async put(key: string, value: string | undefined, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    if (value !== undefined) checkValue(value, this.name);
    await this.#answer();
    const { session, if: condition } = options;
    this.#sessions.check(session);
    const { entries } = this.#server;
    const now = entries.get(key)?.revision;
    const isMet =
      condition === undefined || (condition === 'absent' ? now === undefined : now === condition.revision);
    if (!isMet) return { outcome: 'conflict' };
    if (value === undefined) {
      if (entries.delete(key)) this.#announce(key);
      return { outcome: 'done' };
    }
    this.#server.writes += 1;
    const revision = String(this.#server.writes);
    entries.set(key, { key, value, revision, session: session?.id });
    this.#announce(key, { key, value, revision });
    return { outcome: 'done', revision };
  }

  watch(prefix: string, listener: StoreListener): WatchHandle {
    checkKey(prefix, 'prefix');
    this.#refuseIfClosed();
    const handle = this.#watches.add(prefix, listener);
    if (this.#server.isStopped)
      queueMicrotask(() => this.#watches.lost(this.#error('is stopped', 'unreachable')));
    return handle;
  }

  async session(ttl: number): Promise<StoreSession> {
    return this.#sessions.open(ttl);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sessions.close();
    this.#server.clients.delete(this);
  }

  #end(id: string): void {
    const { entries } = this.#server;
    for (const [key, { session }] of entries) if (session === id && entries.delete(key)) this.#announce(key);
  }

  /** Later, as a message arrives after the answer to the write. */
  #announce(key: string, entry?: StoreEntry): void {
    queueMicrotask(() => {
      if (this.#server.isStopped) return;
      for (const client of this.#server.clients) client.#watches.changed(key, entry);
    });
  }

  async #answer(): Promise<void> {
    this.#refuseIfClosed();
    await Promise.resolve();
    if (this.#server.isStopped) throw this.#error('is stopped', 'unreachable');
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw this.#error('was closed', 'closed');
  }

  #error(problem: string, failure: 'unreachable' | 'closed'): ConfigStoreError {
    return new ConfigStoreError(`${this.name} ${problem}`, failure);
  }
}

/** Copies, without the session. */
function shown(entry: StoreEntry | undefined): StoreEntry | undefined {
  return entry && { key: entry.key, value: entry.value, revision: entry.revision };
}
