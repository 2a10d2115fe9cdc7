import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { StoreEntry } from 'nestjs-hot-config/stores/memory';
import { postgresSchema, postgresStore, type PostgresStore } from 'nestjs-hot-config/stores/postgres';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { startPgBouncer } from '../support/pgbouncer.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** What a watch was told. */
class Heard {
  readonly messages: [string, StoreEntry | undefined][] = [];
  lostCount = 0;
  restoredCount = 0;
  changed(key: string, entry?: StoreEntry): void {
    this.messages.push([key, entry]);
  }
  lost(): void {
    this.lostCount += 1;
  }
  restored(): void {
    this.restoredCount += 1;
  }
  get keys(): string[] {
    return this.messages.map(([key]) => key);
  }
}

describe.skipIf(isMissing('initdb', 'postgres'))('postgresStore()', () => {
  const endings: (() => void | Promise<void>)[] = [];
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres([], { whenOver: (end) => endings.push(end) });
    await postgresStore({ url: postgres.url() }).ensureSchema();
  });
  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  });

  const connect = (options: object = {}): PostgresStore =>
    postgresStore({ url: postgres.url(), interval: 100, timeout: 2_000, ...options });
  /** A client that is closed after the test. */
  const open = (options: object = {}): PostgresStore => {
    const store = connect(options);
    onTestFinished(() => store.close());
    return store;
  };
  /** Watches all keys, and waits until the first look was taken. */
  const watch = async (store: PostgresStore, prefix = ''): Promise<Heard> => {
    const heard = new Heard();
    store.watch(prefix, heard);
    const key = `${prefix}first-look`;
    await until('the watch hears', async () => {
      await store.put(key, 'a');
      await delay(20);
      return heard.keys.includes(key);
    });
    heard.messages.length = 0;
    return heard;
  };
  const server = {
    stop: () => postgres.kill(),
    start: () => postgres.start(),
    freeze: () => postgres.freeze(),
    thaw: () => postgres.thaw(),
  };

  it.each([...storeChecks(() => connect(), { server }), ...fleetStoreChecks(() => connect())])(
    '$name',
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );

  it('works with a prefix, another schema, and the socket of the server', async () => {
    await postgres.query('CREATE SCHEMA "order"');
    const url = `postgres://postgres@${encodeURIComponent(postgres.folder)}:${postgres.port}/postgres`;
    const options = { url, table: 'order.user', prefix: 'shop/' };
    await open(options).ensureSchema();
    const heard = await watch(open(options));
    await open(options).put('a', '1');
    await until('the change is heard', () => heard.keys.includes('a'));
    expect(await postgres.query('SELECT key FROM "order"."user" ORDER BY key')).toEqual([
      { key: 'shop/a' },
      { key: 'shop/first-look' },
    ]);
  });

  it('can make its tables from many processes at once, and again', async () => {
    const stores = Array.from({ length: 8 }, () => open({ table: 'made_once' }));
    await Promise.all(stores.map((store) => store.ensureSchema()));
    await stores[0]!.put('a', '1');
    await stores[0]!.ensureSchema();
    await postgres.query(postgresSchema('made_once'));
    expect((await stores[1]!.get('a'))?.value).toBe('1');
  });

  it('gives rows that are edited by hand a new revision, and tells the watches', async () => {
    const store = open();
    const heard = await watch(store);
    await postgres.query(`INSERT INTO hot_config (key, value) VALUES ('by-hand', 'a')`);
    await until('the new row is heard', () => heard.keys.includes('by-hand'));
    const first = await store.get('by-hand');
    expect(heard.messages).toContainEqual(['by-hand', first]);
    await postgres.query(`UPDATE hot_config SET value = 'b' WHERE key = 'by-hand'`);
    expect((await store.get('by-hand'))?.revision).not.toBe(first?.revision);
    await postgres.query(`UPDATE hot_config SET key = 'renamed' WHERE key = 'by-hand'`);
    await until('the new name is heard', () => heard.keys.includes('renamed'));
    expect(heard.messages).toContainEqual(['by-hand', undefined]);
    heard.messages.length = 0;
    await postgres.query(`DELETE FROM hot_config WHERE key = 'renamed'`);
    await until('the deletion is heard', () => heard.keys.includes('renamed'));
  });

  it('misses no change while transactions are committed in another order than they began', async () => {
    const store = open();
    const heard = await watch(store);
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      const client = new pg.Client(postgres.url());
      await client.connect();
      for (let index = 0; index < 25; index += 1) {
        await client.query('BEGIN');
        await client.query('INSERT INTO hot_config (key, value) VALUES ($1, $1)', [
          `order/${writer}/${index}`,
        ]);
        await delay(writer * 2);
        await client.query('COMMIT');
      }
      await client.end();
    });
    await Promise.all(writers);
    await until('all are heard', () => new Set(heard.keys).size >= 100);
    expect(heard.lostCount).toBe(0);
  });

  it('tells the watches that they have missed something if there were too many changes between two looks', async () => {
    const heard = await watch(open());
    await postgres.query(
      `INSERT INTO hot_config (key, value) SELECT 'many/' || n, '' FROM generate_series(1, 10200) AS n`,
    );
    await until('they are told', () => heard.restoredCount === 1);
    expect(heard.lostCount).toBe(1);
    const [row] = await postgres.query<{ count: number }>('SELECT count(*)::int FROM hot_config_changes');
    expect(row?.count).toBeLessThanOrEqual(10_100);
    await postgres.query(`DELETE FROM hot_config WHERE key LIKE 'many/%'`);
  });

  it('sends a page of a list that is not longer than a long value', async () => {
    const store = open();
    for (const name of ['a', 'b', 'c']) await store.put(`long/${name}`, 'x'.repeat(3_000_000));
    const first = await store.list('long/');
    expect(first.entries.map(({ key }) => key)).toEqual(['long/a', 'long/b']);
    expect(first.more).toBe(true);
    const second = await store.list('long/', { after: 'long/b' });
    expect(second.entries.map(({ key }) => key)).toEqual(['long/c']);
    expect(second.more).toBe(false);
  });

  it('refuses a value that is longer than 4 MiB, also if somebody else has written it', async () => {
    const store = open();
    await expect(store.put('too-long', 'x'.repeat(5_000_000))).rejects.toMatchObject({ failure: 'unusable' });
    await postgres.query(`INSERT INTO hot_config (key, value) VALUES ('too-long', repeat('x', 5000000))`);
    await expect(store.get('too-long')).rejects.toMatchObject({ failure: 'unusable' });
    await expect(store.list('too-long')).rejects.toMatchObject({ failure: 'unusable' });
    await store.put('too-long', undefined);
  });

  it('serves 1,000 watches with one connection, which it closes after the last one', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = open({ url: `postgres://postgres@127.0.0.1:${proxy.port}/postgres` });
    const heard = Array.from({ length: 1_000 }, () => new Heard());
    const handles = heard.map((listener, index) => store.watch(`watched/${index}/`, listener));
    await until('they have begun', () => proxy.accepted === 1);
    await until('all have heard', async () => {
      await postgres.query(
        `INSERT INTO hot_config (key, value) SELECT 'watched/' || n || '/a', 'v' FROM generate_series(0, 999) AS n
         ON CONFLICT (key) DO UPDATE SET value = 'w'`,
      );
      await delay(200);
      return heard.every(({ messages }) => messages.length > 0);
    });
    expect(proxy.accepted).toBe(1);
    expect(heard.every(({ keys }, index) => keys.every((key) => key === `watched/${index}/a`))).toBe(true);
    for (const handle of handles) await handle.close();
    await until('the connection is closed', () => proxy.connections === 0);
  });

  it('connects again when it is used after its connections were closed', async () => {
    const store = open();
    const heard = new Heard();
    await store.watch('', heard).close();
    await store.put('again', 'a');
    expect((await store.get('again'))?.value).toBe('a');
    await (await store.session(1_000)).close();
    const again = await watch(store);
    await store.put('again', 'b');
    await until('the change is heard', () => again.keys.includes('again'));
  });

  it('does not keep the process alive, neither with a watch nor with a session', async () => {
    const app = await ChildApp.run('postgres-watch', new TempFolder().path, { DATABASE: postgres.url() });
    expect(await app.ended, app.stderr).toBe(0);
    expect(app.stdout).toBe('watches\n');
  });

  it('ends a session that is not renewed in time, for itself, for others and for their watches', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
    const [cut, other] = [connect({ url }), open()];
    const heard = await watch(other);
    const session = await cut.session(1_000);
    await cut.put('alive', 'a', { session });
    await until('the key is heard', () => heard.keys.includes('alive'));
    heard.messages.length = 0;
    await other.session(1_000); // cleans up
    proxy.isSilent = true;
    await until('it has ended', () => session.ended.aborted);
    expect(session.ended.reason).toMatchObject({ failure: 'timeout' });
    await until('its key does not exist', async () => (await other.get('alive')) === undefined);
    expect((await other.list('alive')).entries).toEqual([]);
    expect((await other.put('alive', 'b', { if: 'absent' })).outcome).toBe('done');
    await until('the end is heard', () => heard.keys.includes('alive'));
    proxy.isSilent = false;
    await cut.close();
  });

  it('deletes the keys of sessions that have ended while another one is renewed', async () => {
    const other = open();
    await postgres.query('DELETE FROM hot_config_sessions'); // one of them might be the first
    await postgres.query(`WITH session AS (INSERT INTO hot_config_sessions VALUES (gen_random_uuid(), now()) RETURNING id)
      INSERT INTO hot_config (key, value, session) SELECT 'ended', 'a', id FROM session`);
    const heard = await watch(other);
    expect(await other.get('ended')).toBeUndefined();
    expect((await other.list('ended')).entries).toEqual([]);
    await other.session(1_000);
    await until(
      'the row is deleted',
      async () => (await postgres.query(`SELECT FROM hot_config WHERE key = 'ended'`)).length === 0,
    );
    await until('the watch hears it', () => heard.keys.includes('ended'));
  });

  it('does not write while another transaction keeps the table locked', async () => {
    const client = new pg.Client(postgres.url());
    await client.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO hot_config (key, value) VALUES ('locked', 'by hand')`);
    await expect(open({ timeout: 5_000 }).put('other', 'a')).rejects.toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('waits for another transaction') as string,
    });
    await client.query('ROLLBACK');
    await client.end();
    expect((await open().put('other', 'a')).outcome).toBe('done');
  });

  describe.skipIf(isMissing('pgbouncer'))('behind PgBouncer in transaction mode', () => {
    it('keeps all promises', async () => {
      const url = await startPgBouncer(postgres);
      const through = () => connect({ url });
      await through().ensureSchema();
      const broken: unknown[] = [];
      for (const { name, run } of [...storeChecks(through), ...fleetStoreChecks(through)])
        await run().catch((error: unknown) => broken.push([name, error]));
      expect(broken).toEqual([]);
    });
  });
});
