import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { ConfigStoreError, postgresStore, type PostgresStore } from 'nestjs-hot-config/stores/postgres';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { freePort } from '../support/free-port.js';
import { giveToNobody, type PostgresServer, startPostgres } from '../support/postgres.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const PASSWORD = 'canary-password';

/** Returns how a call fails. Its error shows no value and no password. */
async function failureOf(call: Promise<unknown>): Promise<{ failure: string; message: string }> {
  const error = await call.then(
    (result) => new Error(`it did not fail, but returned ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigStoreError)) throw error;
  expect(error.message).toMatch(/^postgres /);
  expect(error.message).not.toContain('canary');
  return { failure: error.failure, message: error.message };
}

/** A failure with a part of its message. */
const failing = (failure: string, part: string) => ({
  failure,
  message: expect.stringContaining(part) as string,
});

describe.skipIf(isMissing('initdb', 'postgres', 'openssl'))('postgresStore() with a server that', () => {
  const endings: (() => void | Promise<void>)[] = [];
  const whenOver = (end: () => void | Promise<void>) => void endings.push(end);
  let postgres: PostgresServer;
  let certificates: Certificates;

  beforeAll(async () => {
    const folder = new TempFolder(whenOver);
    certificates = makeCertificates(folder);
    const { cert, key } = certificates.server;
    for (const path of [folder.path, cert, key, certificates.ca]) giveToNobody(path);
    postgres = await startPostgres([], {
      whenOver,
      settings: {
        ssl: 'on',
        ssl_cert_file: cert,
        ssl_key_file: key,
        ssl_ca_file: certificates.ca,
        max_connections: 20,
      },
      access: [
        'host all with_password all scram-sha-256',
        'host all refused all reject',
        'hostssl all "hot-config" all cert',
        'hostssl all with_tls all trust',
        'host all with_tls all reject',
      ],
    });
    await postgres.query(`
      CREATE ROLE with_password LOGIN PASSWORD '${PASSWORD}';
      CREATE ROLE refused LOGIN; CREATE ROLE nothing LOGIN; CREATE ROLE "hot-config" LOGIN; CREATE ROLE with_tls LOGIN;
      CREATE ROLE writes_nothing LOGIN; ALTER ROLE writes_nothing SET default_transaction_read_only = on;
      CREATE ROLE impatient LOGIN; ALTER ROLE impatient SET statement_timeout = 100;`);
    await open().ensureSchema();
    await postgres.query(`
      GRANT ALL ON ALL TABLES IN SCHEMA public TO with_password, "hot-config", with_tls, writes_nothing, impatient`);
    await open().put('key', 'a');
  });
  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  });

  const open = (options: object = {}): PostgresStore =>
    postgresStore({ url: postgres.url(), interval: 100, timeout: 2_000, ...options });
  const as = (user: string, options: object = {}) =>
    open({ url: postgres.url('postgres', user), ...options });
  const through = (port: number, options: object = {}) =>
    open({ url: `postgres://postgres@127.0.0.1:${port}/postgres`, ...options });

  it('refuses connections', async () => {
    const store = through(await freePort());
    expect(await failureOf(store.get('key'))).toEqual(failing('unreachable', 'refuses connections'));
    expect(await failureOf(store.put('key', 'canary'))).toEqual(
      failing('unreachable', 'refuses connections'),
    );
    expect(await failureOf(store.session(1_000))).toEqual(failing('unreachable', 'refuses connections'));
  });

  it('has no address', async () => {
    const url = 'postgres://postgres@nowhere.invalid/postgres';
    expect(await failureOf(open({ url, tls: false }).get('key'))).toEqual(
      failing('unreachable', 'has no address'),
    );
  });

  it('wants another password, until its file has the right one', async () => {
    const folder = new TempFolder();
    const password = { file: folder.write('password', 'canary-wrong\n') };
    const store = as('with_password', { password });
    expect(await failureOf(store.get('key'))).toEqual(
      failing('denied', 'does not accept the user name and the password'),
    );
    folder.write('password', `${PASSWORD}\n`);
    expect((await store.get('key'))?.value).toBe('a');
  });

  it('wants a password, and none is set', async () => {
    expect(await failureOf(as('with_password').get('key'))).toEqual(
      failing('denied', 'set the option "password"'),
    );
    const password = { file: '/nowhere/password' };
    expect(await failureOf(as('with_password', { password }).get('key'))).toEqual(
      failing('denied', '/nowhere/password'),
    );
  });

  it.each([
    ['does not accept the user', () => as('refused').get('key'), 'denied', 'pg_hba.conf'],
    ['does not know the user', () => as('unknown').get('key'), 'denied', 'does not accept this user'],
    [
      'does not have the database',
      () => open({ url: postgres.url('none') }).get('key'),
      'refused',
      'does not have this database',
    ],
    [
      'does not have the table',
      () => open({ table: 'none' }).get('key'),
      'refused',
      'has no table none of this store: call ensureSchema()',
    ],
    [
      'does not have the table for a write',
      () => open({ table: 'none' }).put('key', 'canary'),
      'refused',
      'has no table none',
    ],
    [
      'does not have the table for a session',
      () => open({ table: 'none' }).session(1_000),
      'refused',
      'has no table none',
    ],
    ['gives no rights to read', () => as('nothing').get('key'), 'denied', 'grant it'],
    ['gives no rights to write', () => as('nothing').put('key', 'canary'), 'denied', 'grant it'],
    [
      'gives no rights to make tables',
      () => as('nothing', { table: 'mine' }).ensureSchema(),
      'denied',
      'grant it',
    ],
    ['is read only', () => as('writes_nothing').put('key', 'canary'), 'refused', 'accepts no writes'],
  ])('%s', async (_, call, failure, text) => {
    expect(await failureOf(call())).toEqual(failing(failure, text));
  });

  it('is read only, but may be read', async () => {
    expect((await as('writes_nothing').get('key'))?.value).toBe('a');
  });

  it('has no table for the watch, until it is made', async () => {
    const store = open({ table: 'later' });
    const errors: Error[] = [];
    let restored = 0;
    const handle = store.watch('', {
      changed: () => undefined,
      lost: (error) => errors.push(error),
      restored: () => (restored += 1),
    });
    await until('it is told', () => errors.length === 1);
    expect(errors[0]?.message).toContain('has no table later');
    await open({ table: 'later' }).ensureSchema();
    await until('it is told', () => restored === 1);
    await handle.close();
  });

  it.each([
    ['53100', 'full', 'has no space left'],
    ['53200', 'full', 'has no memory'],
    ['40P01', 'refused', 'try again'],
    ['22P05', 'unusable', 'UTF8'],
    ['XX000', 'refused', 'answers XX000'],
  ])('answers a write with %s', async (state, failure, text) => {
    const store = open({ table: `fails_${state.toLowerCase()}` });
    await store.ensureSchema();
    await postgres.query(`
      CREATE FUNCTION fail_${state}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the value is %', NEW.value USING ERRCODE = '${state}', DETAIL = NEW.value; END $$;
      CREATE TRIGGER fails BEFORE INSERT ON fails_${state.toLowerCase()} FOR EACH ROW EXECUTE FUNCTION fail_${state}()`);
    expect(await failureOf(store.put('key', 'canary'))).toEqual(failing(failure, text));
  });

  it('stops a statement after its own time', async () => {
    const client = new pg.Client(postgres.url());
    await client.connect();
    await client.query(`BEGIN; SELECT FROM hot_config WHERE key = 'key' FOR UPDATE`);
    expect(await failureOf(as('impatient').put('key', 'canary'))).toEqual(
      failing('refused', 'statement_timeout'),
    );
    await client.end();
  });

  it('has no connection left', async () => {
    const clients = Array.from({ length: 20 }, () => new pg.Client(postgres.url()));
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.end()))));
    await Promise.allSettled(clients.map((client) => client.connect()));
    const store = open();
    expect(await failureOf(store.get('key'))).toEqual(failing('unreachable', 'max_connections'));
  });

  it('ends its connections while they are idle', async () => {
    const store = open();
    await store.get('key');
    await postgres.endConnections('postgres');
    await until('it answers', () =>
      store.get('key').then(
        () => true,
        () => false,
      ),
    );
    expect((await store.get('key'))?.value).toBe('a');
  });

  it('is cut off after a write was sent: its outcome is unknown', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = through(proxy.port);
    await store.get('key');
    proxy.delayMs = 100;
    const write = store.put('cut', 'canary');
    setTimeout(() => proxy.cut(), 30);
    const result = await write;
    expect(result).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringMatching(/^postgres .* has closed the connection$/) as string,
    });
    proxy.delayMs = 0;
    expect((await store.put('cut', 'b')).outcome).toBe('done');
  });

  it('says nothing any more: a read fails, a write that was sent is unknown, and the connections are not used again', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = through(proxy.port, { timeout: 1_000 });
    await store.get('key');
    proxy.isSilent = true;
    expect(await store.put('silent', 'canary')).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('has not answered within 1000 ms') as string,
    });
    expect(await failureOf(store.put('silent', 'canary'))).toEqual(
      failing('timeout', 'has not answered within 1000 ms'),
    );
    expect(await failureOf(store.get('key'))).toEqual(failing('timeout', 'has not answered within 1000 ms'));
    proxy.isSilent = false;
    expect((await store.get('key'))?.value).toBe('a');
  });

  it('closes its half of the connections', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = through(proxy.port);
    await store.get('key');
    proxy.halfClose();
    await until('it answers', () =>
      store.get('key').then(
        () => true,
        () => false,
      ),
    );
    expect((await store.put('half', 'b')).outcome).toBe('done');
  });

  it('is slow, but in time', async () => {
    const proxy = await startTcpProxy(postgres.port);
    proxy.delayMs = 50;
    const store = through(proxy.port, { timeout: 10_000 });
    const writes = await Promise.all(
      Array.from({ length: 12 }, (_, index) => store.put(`slow/${index}`, 'b')),
    );
    expect(new Set(writes.map(({ outcome }) => outcome))).toEqual(new Set(['done']));
    expect(proxy.accepted).toBe(4);
  });

  it('has a certificate of an authority that is trusted', async () => {
    const store = as('with_tls', { tls: { ca: certificates.ca } });
    expect((await store.get('key'))?.value).toBe('a');
    expect(await failureOf(as('with_tls').get('key'))).toEqual(failing('denied', 'pg_hba.conf'));
  });

  it.each([
    ['of another authority', () => ({ ca: certificates.otherCa }), 'unknown authority'],
    ['of an authority that Node does not know', () => ({}), 'unknown authority'],
    ['for another name', () => ({ ca: certificates.ca, servername: 'other.example' }), 'for another name'],
  ])('has a certificate %s', async (_, tls, text) => {
    expect(await failureOf(as('with_tls', { tls: tls() }).get('key'))).toEqual(failing('unreachable', text));
  });

  it('wants a certificate of the client', async () => {
    const { ca, client } = certificates;
    expect((await as('hot-config', { tls: { ca, ...client } }).get('key'))?.value).toBe('a');
    expect(await failureOf(as('hot-config', { tls: { ca } }).get('key'))).toEqual(failing('denied', ''));
  });

  it('has a database that is not in UTF8', async () => {
    await postgres.query(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const store = open({ url: postgres.url('latin') });
    await store.ensureSchema();
    expect(await failureOf(store.get('key'))).toEqual(failing('refused', 'UTF8'));
  });

  describe('is another one', () => {
    let server: PostgresServer;
    /** Its data directory, with the key `key`. */
    let backup: string;

    beforeAll(async () => {
      server = await startPostgres([], { whenOver });
      const store = postgresStore({ url: server.url() });
      await store.ensureSchema();
      await store.put('key', 'in the backup');
      await server.stop();
      backup = server.copyData();
      await server.start();
    });

    it('does not speak TLS', async () => {
      const store = open({ url: server.url(), tls: {} });
      expect(await failureOf(store.get('key'))).toEqual(failing('unreachable', 'does not speak TLS'));
    });

    it('gets a backup back: the watches are told, and no revision is that of another content', async () => {
      const store = open({ url: server.url() });
      const backedUp = await store.get('key');
      const told: string[] = [];
      store.watch('', {
        changed: (key) => void told.push(key),
        lost: () => void told.push('lost'),
        restored: () => void told.push('restored'),
      });
      await until('the watch hears', async () => {
        await store.put('key', 'not in the backup');
        return told.includes('key');
      });
      const later = await store.get('key');
      await server.stop();
      await server.restore(backup);
      await until('it is told', () => told.at(-1) === 'restored');
      expect(await store.get('key')).toEqual(backedUp);
      const condition = { if: { revision: later!.revision } };
      expect(await store.put('key', 'new', condition)).toEqual({ outcome: 'conflict' });
      await store.put('key', 'new');
      expect([backedUp?.revision, later?.revision]).not.toContain((await store.get('key'))?.revision);
      await until('the watch hears', () => told.at(-1) === 'key');
    });

    it('is a replica: it is neither read, nor written, nor watched', async () => {
      writeFileSync(`${backup}/standby.signal`, '');
      giveToNobody(`${backup}/standby.signal`);
      const replica = await startPostgres([], { data: backup });
      const store = open({ url: replica.url() });
      expect(await failureOf(store.get('key'))).toEqual(failing('refused', 'is a replica'));
      expect(await failureOf(store.list(''))).toEqual(failing('refused', 'is a replica'));
      expect(await failureOf(store.put('key', 'canary'))).toEqual(failing('refused', 'is a replica'));
      expect(await failureOf(store.session(1_000))).toEqual(failing('refused', 'is a replica'));
      const errors: Error[] = [];
      store.watch('', {
        changed: () => undefined,
        lost: (error) => errors.push(error),
        restored: () => undefined,
      });
      await until('it is told', () => errors.length === 1);
      expect(errors[0]?.message).toContain('is a replica');
    });
  });
});
