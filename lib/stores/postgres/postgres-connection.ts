import { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type pg from 'pg';
import { readSecret } from '../../connection/secret-place.js';
import { readTlsFiles, type TlsOptions } from '../../connection/tls-options.js';
import { importDriver } from '../contract/import-driver.js';
import { NO_PASSWORD } from '../contract/problems.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import type { PostgresSettings } from './postgres-options.js';

export type Row = Readonly<Record<string, unknown>>;

/** One connection to PostgreSQL, which does not keep the process alive while it is idle. */
export class PostgresConnection {
  #isLost = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly socket: Socket,
  ) {
    client.on('error', () => (this.#isLost = true));
    client.on('end', () => (this.#isLost = true));
  }

  /** @param signal destroys it while it is being opened */
  static async open(settings: PostgresSettings, signal: AbortSignal): Promise<PostgresConnection> {
    const { Client } = (await importDriver(settings.name, 'pg', () => import('pg'))).default;
    const ssl = settings.tls === undefined ? false : await tlsOptions(settings.tls, settings.host);
    signal.throwIfAborted();
    const socket = new Socket();
    const { host, port, user, database } = settings;
    const client = new Client({
      host,
      port,
      user,
      database,
      ssl,
      // A function, so that the driver looks for a password nowhere else.
      password: () => password(settings),
      // Otherwise it is that of the database, and the driver decodes UTF-8 only.
      client_encoding: 'UTF8',
      application_name: 'nestjs-hot-config',
      // The driver has no way to destroy a connection that does not answer.
      stream: () => socket,
    });
    const connection = new PostgresConnection(client, socket);
    await connection.#whileOpen(signal, () => client.connect());
    return connection;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** @param signal destroys it: an answer that comes too late must not be taken for that to the next question */
  query(text: string, values: readonly unknown[], signal: AbortSignal): Promise<readonly Row[]> {
    return this.#whileOpen(signal, async () => {
      const { rows } = await this.client.query<Row>(text, [...values]);
      return rows;
    });
  }

  /** Says goodbye, and does not wait for an answer: a frozen server would give none. */
  close(): void {
    this.client.end().catch(() => undefined);
    this.socket.destroySoon();
  }

  async #whileOpen<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const destroy = () => this.socket.destroy();
    signal.addEventListener('abort', destroy);
    this.socket.ref();
    try {
      return await work();
    } finally {
      this.socket.unref();
      signal.removeEventListener('abort', destroy);
    }
  }
}

/** The driver sets the name to the host, so that another one is checked here. */
async function tlsOptions(options: TlsOptions, host: string): Promise<pg.ClientConfig['ssl']> {
  const { servername = host, ...files } = await readTlsFiles(options);
  return {
    ...files,
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
  };
}

function password({ password, name }: PostgresSettings): Promise<string> {
  if (password !== undefined) return readSecret(password, 'password');
  throw new ConfigStoreError(`${name} ${NO_PASSWORD}`, 'denied');
}
