import { randomBytes, randomUUID } from 'node:crypto';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
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
import { decodeValue } from '../contract/decode-value.js';
import type { FleetStore } from '../contract/fleet-store.interface.js';
import type { SessionCalls } from '../contract/renewed-session.js';
import { StoreSessions } from '../contract/store-sessions.js';
import { StoreWatches } from '../contract/store-watches.js';
import { outcomeOf } from '../contract/write-outcome.js';
import { RedisCalls } from './redis-calls.js';
import { RedisMessages } from './redis-messages.js';
import { type RedisSettings, type RedisStoreOptions, toSettings } from './redis-options.js';
import { END_SESSION, GET, LIST, OPEN_SESSION, PUT, RENEW_SESSION } from './scripts.js';

/**
 * Creates a store in Redis or Valkey: one server, or a master that Redis Sentinel names. Needs the package `ioredis`. Its
 * values are plain strings, so `redis-cli -x SET hot-config/app.yaml < app.yaml` works too.
 *
 * Redis confirms a write before its replicas have it: a fail-over can lose writes that were done.
 *
 * @example
 * ```ts
 * const store = redisStore({ url: 'rediss://cache.example', password: { file: '/run/secrets/redis' } });
 * const sources = [stored(store, 'app.yaml')];
 * ```
 *
 * @throws ConfigOptionsError if an option is not valid
 *
 * @publicApi
 */
export function redisStore(options: RedisStoreOptions): FleetStore {
  return new RedisStore(toSettings(options));
}

class RedisStore implements FleetStore {
  readonly name: string;
  readonly #calls: RedisCalls;
  readonly #messages: RedisMessages;
  readonly #watches: StoreWatches;
  readonly #sessions: StoreSessions;
  readonly #names: Names;
  /** Used if the store has no salt yet. */
  readonly #newSalt = randomBytes(32).toString('hex');
  #closing: Promise<void> | undefined;

  constructor(settings: RedisSettings) {
    this.name = settings.name;
    this.#names = namesOf(settings);
    this.#calls = new RedisCalls(settings);
    this.#watches = new StoreWatches({
      opened: () => this.#messages.open(),
      closed: () => {
        this.#messages.close();
        this.#calls.closeIfIdle();
      },
    });
    this.#messages = new RedisMessages(settings, this.#names.channel, this.#watches);
    this.#sessions = new StoreSessions({
      store: this.name,
      calls: this.#sessionCalls(),
      ended: () => undefined,
    });
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    this.#refuseIfClosed();
    const { salt, prefix } = this.#names;
    const found = (await this.#calls.run(GET, [salt, prefix + key], [this.#newSalt])) as Buffer[] | null;
    return found === null ? undefined : this.#entry(key, found[0], found[1]);
  }

  async list(prefix: string, options?: ListOptions): Promise<StorePage> {
    const { after, limit } = checkList(prefix, options);
    this.#refuseIfClosed();
    const names = this.#names;
    const args = [this.#newSalt, names.prefix, ...rangeOf(prefix, after), String(Math.min(limit, 10_000))];
    const [more, ...parts] = (await this.#calls.run(LIST, [names.salt, names.index], args)) as [
      number,
      ...Buffer[],
    ];
    const entries: StoreEntry[] = [];
    for (let at = 0; at < parts.length; at += 3)
      entries.push(this.#entry(String(parts[at]), parts[at + 1], parts[at + 2]));
    return { entries, more: more === 1 };
  }

  async put(key: string, value: string | undefined, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    if (value !== undefined) checkValue(value, this.name);
    this.#refuseIfClosed();
    const { if: condition, session } = options;
    this.#sessions.check(session);
    const { salt, prefix, index, owners, sessions, channel } = this.#names;
    const keys = [salt, prefix + key, index, owners + key, ...(session ? [sessions + session.id] : [])];
    const args = [
      this.#newSalt,
      key,
      channel,
      ...(typeof condition === 'object' ? ['is', condition.revision] : [condition ?? 'any', '']),
      ...(value === undefined ? ['delete', ''] : ['set', value]),
      session?.id ?? '',
    ];
    return outcomeOf(async (sending) =>
      this.#toResult((await this.#calls.run(PUT, keys, args, { sending })) as Buffer[]),
    );
  }

  watch(prefix: string, listener: StoreListener): WatchHandle {
    checkKey(prefix, 'prefix');
    this.#refuseIfClosed();
    return this.#watches.add(prefix, listener);
  }

  async session(ttl: number): Promise<StoreSession> {
    return this.#sessions.open(ttl);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#messages.close();
    await this.#sessions.close();
    this.#calls.end();
  }

  #sessionCalls(): SessionCalls {
    const { sessions, index, prefix, owners, channel } = this.#names;
    return {
      open: async (ttl) => {
        const id = randomUUID();
        await this.#calls.run(OPEN_SESSION, [sessions + id], [String(ttl)]);
        return { id, ttl };
      },
      renew: async ({ id, ttl }, timeout) => {
        const args = [id, prefix, owners, String(ttl)];
        return (await this.#calls.run(RENEW_SESSION, [sessions + id], args, { timeout })) === 1;
      },
      end: async (id) =>
        void (await this.#calls.run(END_SESSION, [sessions + id, index], [id, prefix, owners, channel])),
    };
  }

  #toResult([outcome, revision]: readonly Buffer[]): PutResult {
    switch (String(outcome)) {
      case 'ended':
        throw this.#sessions.noSession();
      case 'conflict':
        return { outcome: 'conflict' };
      default:
        return { outcome: 'done', ...(revision && { revision: String(revision) }) };
    }
  }

  #entry(key: string, revision: Buffer | undefined, value: Buffer | undefined): StoreEntry {
    return { key, revision: String(revision), value: decodeValue(value ?? Buffer.of(), key, this.name) };
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw new ConfigStoreError(`${this.name} was closed`, 'closed');
  }
}

/** Names of keys in Redis. Those of the store itself have a control character, which no key of a user has. */
interface Names {
  readonly prefix: string;
  readonly salt: string;
  /** Sorted set of the names of all keys that were written by a store. */
  readonly index: string;
  readonly sessions: string;
  readonly owners: string;
  /** Channels are the same in all databases. */
  readonly channel: string;
}

function namesOf({ prefix, database }: RedisSettings): Names {
  return {
    prefix,
    salt: `${prefix}\u0001salt`,
    index: `${prefix}\u0001keys`,
    sessions: `${prefix}\u0001session/`,
    owners: `${prefix}\u0001owner/`,
    channel: `${prefix}changes/${database}`,
  };
}

/** Returns the names that start with a prefix, and come after another one. No UTF-8 has the byte 0xff. */
function rangeOf(prefix: string, after: string): readonly [from: string, to: Buffer] {
  const isAfter = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) > 0;
  return [isAfter ? `(${after}` : `[${prefix}`, Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)])];
}
