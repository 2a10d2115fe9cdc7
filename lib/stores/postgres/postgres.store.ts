import { randomUUID } from 'node:crypto';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import { checkKey, checkValue, LONGEST_VALUE } from '../contract/check-key.js';
import { IS_REPLICA } from '../contract/problems.js';
import { checkList } from '../contract/check-list.js';
import { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
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
import type { SessionCalls } from '../contract/renewed-session.js';
import { StoreSessions } from '../contract/store-sessions.js';
import { type JointAnswer, JointReads, readOneByOne } from '../contract/joint-reads.js';
import { StoreWatches } from '../contract/store-watches.js';
import { outcomeOf } from '../contract/write-outcome.js';
import type { Row } from './postgres-connection.js';
import { PostgresConnections } from './postgres-connections.js';
import { type PostgresSettings, type PostgresStoreOptions, toSettings } from './postgres-options.js';
import { postgresSchema } from './postgres-schema.js';
import { type PostgresStatements, statementsOf } from './postgres-statements.js';
import { PostgresWatch } from './postgres-watch.js';

/** Maximum number of entries in a page of a list. */
const LONGEST_PAGE = 1_000;

/**
 * Store created by `postgresStore()`.
 *
 * @publicApi
 */
export interface PostgresStore extends FleetStore {
  /**
   * Makes the tables if they are missing: the same as the migration `postgresSchema()`. Any number of processes may call it at
   * once.
   *
   * @throws ConfigStoreError
   */
  ensureSchema(): Promise<void>;
}

/**
 * Creates a store in a table of PostgreSQL, with the package `pg`, which the app installs. Its tables are made by
 * `ensureSchema()` or by the migration `postgresSchema()`.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * const store = postgresStore({ url: 'postgres://app@db.example/shop', password: { file: '/run/secrets/db' } });
 * await store.ensureSchema();
 * const sources = [stored(store, 'app.yaml')];
 * ```
 *
 * @publicApi
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  return new StoreInPostgres(toSettings(options));
}

class StoreInPostgres implements PostgresStore {
  readonly name: string;
  readonly #connections: PostgresConnections;
  readonly #sql: PostgresStatements;
  readonly #watches: StoreWatches;
  readonly #reads = new JointReads((keys) => this.#readKeys(keys));
  readonly #sessions: StoreSessions;
  #watch: PostgresWatch | undefined;

  constructor(private readonly settings: PostgresSettings) {
    this.name = settings.name;
    this.#connections = new PostgresConnections(settings);
    this.#sql = statementsOf(settings.tables);
    this.#watches = new StoreWatches({
      opened: () => (this.#watch = this.#openWatch()),
      closed: () => {
        this.#watch?.close();
        this.#rest();
      },
    });
    this.#sessions = new StoreSessions({
      store: this.name,
      calls: this.#sessionCalls(),
      ended: () => this.#rest(),
    });
  }

  async ensureSchema(): Promise<void> {
    await this.#connections.ask(postgresSchema(this.settings.tables.table), []);
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    return this.#reads.get(key);
  }

  async list(prefix: string, options?: ListOptions): Promise<StorePage> {
    const { after, limit } = checkList(prefix, options);
    const wanted = Math.min(limit, LONGEST_PAGE);
    const start = this.settings.prefix + prefix;
    const last = after === '' ? null : this.settings.prefix + after;
    const rows = await this.#read(this.#sql.list, [start, last, wanted + 1]);
    const found = rows.filter(({ key }) => key !== null);
    const entries = found.slice(0, wanted).flatMap((row) => this.#toEntry(row) ?? []);
    return { entries, more: found.length > entries.length };
  }

  async put(key: string, value: string | undefined, options: PutOptions = {}): Promise<PutResult> {
    checkKey(key);
    if (value !== undefined) checkValue(value, this.name);
    this.#connections.refuseIfClosed();
    this.#sessions.check(options.session);
    return outcomeOf((sending) => this.#put(key, value, options, sending));
  }

  watch(prefix: string, listener: StoreListener): WatchHandle {
    checkKey(prefix, 'prefix');
    this.#connections.refuseIfClosed();
    return this.#watches.add(prefix, listener);
  }

  async session(ttl: number): Promise<StoreSession> {
    return this.#sessions.open(ttl);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    this.#watch?.close();
    this.#connections.close();
  }

  async #put(
    key: string,
    value: string | undefined,
    { if: condition, session }: PutOptions,
    sending: () => void,
  ): Promise<PutResult> {
    if (value === undefined && condition === 'absent')
      return { outcome: (await this.get(key)) === undefined ? 'done' : 'conflict' };
    const [statement, ...values] = this.#writeOf(value, condition);
    const target = [this.settings.prefix + key, session?.id ?? null];
    const [row] = await this.#connections.ask(statement, [...target, ...values], { sending });
    if (row?.['allowed'] !== true) throw this.#sessions.noSession();
    const revision = row['revision'];
    if (value === undefined && condition === undefined) return { outcome: 'done' };
    if (typeof revision !== 'string') return { outcome: 'conflict' };
    return value === undefined ? { outcome: 'done' } : { outcome: 'done', revision };
  }

  /** Returns a statement and its values after the key and the session. */
  #writeOf(value: string | undefined, condition: PutOptions['if']): readonly [string, ...string[]] {
    const sql = this.#sql;
    if (condition === undefined) return value === undefined ? [sql.delete] : [sql.put, value];
    if (condition === 'absent') return [sql.putIfAbsent, value ?? ''];
    const { revision } = condition;
    return value === undefined ? [sql.deleteIfRevision, revision] : [sql.putIfRevision, value, revision];
  }

  #sessionCalls(): SessionCalls {
    const connections = this.#connections;
    const sql = this.#sql;
    return {
      open: async (ttl) => {
        const id = randomUUID();
        await connections.ask(sql.openSession, [id, ttl]);
        return { id, ttl };
      },
      renew: async ({ id, ttl }, time) => {
        const timeout = Math.min(time, this.settings.timeout);
        const [row] = await connections.ask(sql.renewSession, [id, ttl], { timeout });
        // Nobody waits for it: the next renewal does it again.
        if (row?.['first'] === true) connections.ask(sql.deleteEndedSessions, []).catch(() => undefined);
        return row !== undefined;
      },
      end: async (id) => void (await connections.ask(sql.closeSession, [id])),
    };
  }

  #openWatch(): PostgresWatch {
    const { prefix } = this.settings;
    return new PostgresWatch({
      watches: this.#watches,
      interval: this.settings.interval,
      newest: () => this.#read(this.#sql.newestChange, []),
      since: (number) => this.#read(this.#sql.changesSince, [number]),
      changed: (row) => {
        const key = String(row['key']);
        if (key.startsWith(prefix)) this.#watches.changed(key.slice(prefix.length), this.#toEntry(row));
      },
      missedError: () =>
        this.#error('does not know any more what has changed since the last look', 'refused'),
    });
  }

  async #readKeys(keys: readonly string[]): Promise<JointAnswer> {
    if (keys.length === 1) return readOneByOne(keys, (one) => this.#readKey(one));
    const rows = await this.#read(this.#sql.getAll, [keys.map((each) => this.settings.prefix + each)]);
    const isLeftOut = ({ key: found, value }: Row) => found !== null && typeof value !== 'string';
    const answer = new Map(
      rows.flatMap((row) => {
        const entry = isLeftOut(row) ? undefined : this.#toEntry(row);
        return entry === undefined ? [] : [[entry.key, entry] as const];
      }),
    );
    const leftOut = rows
      .filter(isLeftOut)
      .map((row) => String(row['key']).slice(this.settings.prefix.length));
    return new Map([...answer, ...(await readOneByOne(leftOut, (one) => this.#readKey(one)))]);
  }

  async #readKey(key: string): Promise<StoreEntry | undefined> {
    const rows = await this.#read(this.#sql.get, [this.settings.prefix + key]);
    return rows[0] && this.#toEntry(rows[0]);
  }

  async #read(statement: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const rows = await this.#connections.ask(statement, values);
    const { replica, encoding = 'UTF8' } = rows[0] ?? {};
    if (replica === true) throw this.#error(IS_REPLICA, 'refused');
    if (encoding !== 'UTF8')
      throw this.#error('has a database that is not in UTF8: create one with ENCODING UTF8', 'refused');
    return rows;
  }

  /** Returns undefined for a row without an entry, or with a key only. */
  #toEntry({ key, value, revision, bytes }: Row): StoreEntry | undefined {
    const name = String(key).slice(this.settings.prefix.length);
    if (typeof bytes === 'number' && bytes > LONGEST_VALUE)
      throw this.#error(`has a value for ${name} that is longer than 4 MiB`, 'unusable');
    if (typeof value !== 'string' || typeof revision !== 'string') return undefined;
    return { key: name, value, revision };
  }

  /** Closes the connections as soon as nothing needs them regularly. */
  #rest(): void {
    if (this.#watches.size === 0 && this.#sessions.size === 0) this.#connections.rest();
  }

  #error(problem: string, failure: ConfigStoreFailure): ConfigStoreError {
    return new ConfigStoreError(`${this.name} ${problem}`, failure);
  }
}
