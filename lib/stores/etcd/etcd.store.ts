import { isInstance } from '../../util/is-instance.js';
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
import type { GrantedSession, SessionCalls } from '../contract/renewed-session.js';
import { StoreSessions } from '../contract/store-sessions.js';
import { isOfOneKey, type JointAnswer, JointReads, readOneByOne } from '../contract/joint-reads.js';
import { StoreWatches } from '../contract/store-watches.js';
import { type Deadline, withDeadline } from './deadline.js';
import { closed, EtcdFailure } from './etcd-failure.js';
import { type EtcdSettings, type EtcdStoreOptions, toSettings } from './etcd-options.js';
import { Gateway } from './gateway.js';
import {
  base64,
  type KeyValue,
  type LeaseResponse,
  type RangeResponse,
  type ResponseHeader,
  rangeEnd,
  toEntry,
  toKey,
  toRevision,
  type TxnResponse,
  type WatchResponse,
} from './messages.js';
import { WatchStream } from './watch-stream.js';

/** Maximum number of entries that are asked for at once. */
const LONGEST_PAGE = 1_000;

/**
 * Creates a store in etcd 3.4 or newer, through its JSON gateway. Needs no client library.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const store = etcdStore({
 *   urls: ['https://etcd-1.example:2379', 'https://etcd-2.example:2379'],
 *   username: 'app',
 *   password: { file: '/run/secrets/etcd' },
 * });
 * const sources = [stored(store, 'app.yaml')];
 * ```
 *
 * @publicApi
 */
export function etcdStore(options: EtcdStoreOptions): FleetStore {
  return new EtcdStore(toSettings(options));
}

class EtcdStore implements FleetStore {
  readonly name: string;
  readonly #prefix: string;
  readonly #gateway: Gateway;
  readonly #watches: StoreWatches;
  readonly #sessions: StoreSessions;
  readonly #reads = new JointReads((keys) => this.#read(keys));
  #stream: WatchStream | undefined;
  #isClosed = false;

  constructor(private readonly settings: EtcdSettings) {
    this.name = settings.name;
    this.#prefix = settings.prefix;
    this.#gateway = new Gateway(settings, (member) => this.#stream?.memberFailed(member));
    this.#watches = new StoreWatches({
      opened: () => this.#openStream(),
      closed: () => {
        this.#closeStream();
        this.#closeUnused();
      },
    });
    this.#sessions = new StoreSessions({
      store: this.name,
      calls: this.#sessionCalls(),
      ended: () => this.#closeUnused(),
    });
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    return this.#reads.get(key);
  }

  async list(prefix: string, options?: ListOptions): Promise<StorePage> {
    const { after, limit } = checkList(prefix, options);
    return this.#reported((deadline) =>
      this.#list(this.#prefix + prefix, after, Math.min(limit, LONGEST_PAGE), deadline),
    );
  }

  async put(key: string, value: string | undefined, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    if (value !== undefined) checkValue(value, this.name);
    if (this.#isClosed) throw this.#toError(closed(true));
    this.#sessions.check(options.session);
    return this.#reported(async (deadline) => {
      const compare = await this.#compare(key, options.if, deadline);
      return compare === undefined
        ? { outcome: 'conflict' }
        : this.#write(key, value, compare, options.session, deadline);
    });
  }

  watch(prefix: string, listener: StoreListener): WatchHandle {
    checkKey(prefix, 'prefix');
    if (this.#isClosed) throw this.#toError(closed(true));
    return this.#watches.add(prefix, listener);
  }

  async session(ttl: number): Promise<StoreSession> {
    return this.#sessions.open(ttl);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closeStream();
    await this.#sessions.close();
    this.#gateway.close();
  }

  async #read(keys: readonly string[]): Promise<JointAnswer> {
    if (keys.length === 1) return readOneByOne(keys, (one) => this.#readOne(one));
    try {
      return await this.#readTogether(keys);
    } catch (error) {
      if (!isInstance(error, ConfigStoreError) || !isOfOneKey(error)) throw error;
      return readOneByOne(keys, (one) => this.#readOne(one));
    }
  }

  #readOne(key: string): Promise<StoreEntry | undefined> {
    return this.#reported(async (deadline) => {
      const request = { key: base64(this.#prefix + key) };
      const { header, kvs = [] } = await this.#gateway.call<RangeResponse>('kv/range', request, {
        isRead: true,
        deadline,
      });
      return kvs[0] && toEntry(kvs[0], key, header, this.name);
    });
  }

  #readTogether(keys: readonly string[]): Promise<JointAnswer> {
    return this.#reported(async (deadline) => {
      const success = keys.map((key) => ({ request_range: { key: base64(this.#prefix + key) } }));
      const { header, responses = [] } = await this.#gateway.call<TxnResponse>(
        'kv/txn',
        { success },
        { isRead: true, deadline },
      );
      const found = responses.flatMap(({ response_range: range }, index) => {
        const [key, kv] = [keys[index]!, range?.kvs?.[0]];
        return kv === undefined ? [] : [[key, toEntry(kv, key, header, this.name)] as const];
      });
      return new Map(found);
    });
  }

  /** Returns the conditions of a write; undefined if they are not met already. */
  async #compare(
    key: string,
    condition: PutOptions['if'],
    deadline: Deadline,
  ): Promise<object[] | undefined> {
    if (condition === undefined) return [];
    const target = base64(this.#prefix + key);
    if (condition === 'absent') return [{ key: target, target: 'CREATE', create_revision: '0' }];
    // Read first: etcd compares numbers, but not the cluster that they are of.
    const request = { key: target, keys_only: true };
    const { header, kvs = [] } = await this.#gateway.call<RangeResponse>('kv/range', request, {
      isRead: true,
      deadline,
    });
    const number = kvs[0]?.mod_revision;
    if (number === undefined || toRevision(header, number) !== condition.revision) return undefined;
    return [{ key: target, target: 'MOD', mod_revision: number }];
  }

  async #write(
    key: string,
    value: string | undefined,
    compare: readonly object[],
    session: StoreSession | undefined,
    deadline: Deadline,
  ): Promise<PutResult> {
    const target = base64(this.#prefix + key);
    const operation =
      value === undefined
        ? { request_delete_range: { key: target } }
        : { request_put: { key: target, value: base64(value), ...(session && { lease: session.id }) } };
    try {
      const { header, succeeded } = await this.#gateway.call<TxnResponse>(
        'kv/txn',
        { compare, success: [operation] },
        { deadline },
      );
      if (!succeeded) return { outcome: 'conflict' };
      return {
        outcome: 'done',
        ...(value !== undefined && { revision: toRevision(header, header.revision) }),
      };
    } catch (error) {
      if (!isInstance(error, EtcdFailure) || error.reason.isCertain) throw error;
      return { outcome: 'unknown', reason: this.#toError(error).message };
    }
  }

  async #list(prefix: string, after: string, limit: number, deadline: Deadline): Promise<StorePage> {
    const first = [prefix, `${this.#prefix}${after}\0`].toSorted(byBytes)[1]!;
    const request = { key: base64(first), range_end: rangeEnd(prefix), limit: String(limit) };
    try {
      const {
        header,
        kvs = [],
        more = false,
      } = await this.#gateway.call<RangeResponse>('kv/range', request, { isRead: true, deadline });
      return { entries: kvs.map((kv) => this.#toEntry(kv, header)), more };
    } catch (error) {
      const isTooMuch = isInstance(error, EtcdFailure) && error.reason.failure === 'unusable';
      if (!isTooMuch || limit === 1) throw error;
      return this.#list(prefix, after, Math.ceil(limit / 10), deadline);
    }
  }

  #toEntry(kv: KeyValue, header: ResponseHeader): StoreEntry {
    const key = toKey(kv, this.#prefix);
    if (key !== undefined) return toEntry(kv, key, header, this.name);
    throw new ConfigStoreError(
      `${this.name} has a key below ${this.#prefix} that is not UTF-8: delete it`,
      'unusable',
    );
  }

  /** A session is a lease. */
  #sessionCalls(): SessionCalls {
    const gateway = this.#gateway;
    return {
      open: (ttl) =>
        this.#reported(async (deadline): Promise<GrantedSession> => {
          const request = { TTL: String(Math.ceil(ttl / 1_000)) };
          const { ID, TTL } = await gateway.call<LeaseResponse>('lease/grant', request, { deadline });
          return { id: ID, ttl: Number(TTL) * 1_000 };
        }),
      renew: ({ id: ID }, time) =>
        withDeadline(Math.min(time, this.settings.timeout), async (deadline) => {
          const options = { isRead: true, deadline };
          const { TTL } = await gateway.call<LeaseResponse>('lease/keepalive', { ID }, options);
          return TTL !== undefined;
        }),
      end: async (ID) => void (await gateway.call('lease/revoke', { ID })),
    };
  }

  #openStream(): void {
    const options = {
      gateway: this.#gateway,
      prefix: this.#prefix,
      timeout: this.settings.timeout,
      opened: () => this.#watches.restored(),
      heard: (response: WatchResponse) => this.#announce(response),
    };
    this.#stream = new WatchStream(options, (failure) => this.#watches.lost(this.#toError(failure)));
  }

  #closeStream(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #announce({ header, events = [] }: WatchResponse): void {
    for (const { type, kv } of events) {
      const key = toKey(kv, this.#prefix);
      if (key === undefined) continue; // nobody can have asked for it
      this.#watches.changed(key, type === 'DELETE' ? undefined : this.#readable(kv, key, header));
    }
  }

  /** Returns an entry, without one if it is not UTF-8: the listener gets the error when it reads the key. */
  #readable(kv: KeyValue, key: string, header: ResponseHeader): StoreEntry | undefined {
    try {
      return toEntry(kv, key, header, this.name);
    } catch {
      return undefined;
    }
  }

  #closeUnused(): void {
    if (this.#watches.size === 0 && this.#sessions.size === 0) this.#gateway.members.closeIdle();
  }

  /** Runs `work`, which has one deadline for all its requests, and makes a `ConfigStoreError` of its failure. */
  async #reported<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.settings.timeout, work);
    } catch (error) {
      throw isInstance(error, EtcdFailure) ? this.#toError(error) : error;
    }
  }

  #toError({ reason }: EtcdFailure): ConfigStoreError {
    return new ConfigStoreError(`${this.name} ${reason.problem}`, reason.failure);
  }
}
