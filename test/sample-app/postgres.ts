import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { pathOf } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** Starts a PostgreSQL server with these databases on loopback, and stops it after the test. */
export async function startPostgres(databases: readonly string[]) {
  const folder = new TempFolder().path;
  // PostgreSQL refuses to run as root: it runs as the user nobody then.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = `${folder}/data`;
  const common = { ...user, cwd: folder, stdio: 'ignore' } as const;
  execFileSync(pathOf('initdb')!, ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], common);

  const port = await freePort();
  const options = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off' };
  const settings = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(pathOf('postgres')!, ['-D', data, ...settings], common);
  const ended = once(server, 'exit');
  onTestFinished(async () => {
    server.kill('SIGINT'); // a fast shutdown
    await ended;
  });

  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const query = async (sql: string, parameters: string[] = []) => {
    const client = new pg.Client(url('postgres'));
    await client.connect();
    try {
      return await client.query<{ count: number }>(sql, parameters);
    } finally {
      await client.end();
    }
  };
  await until('PostgreSQL answers', () =>
    query('SELECT 1').then(
      () => true,
      () => false,
    ),
  );
  for (const database of databases) await query(`CREATE DATABASE ${database}`);
  return {
    url,
    /** Returns the number of connections of a database. */
    connections: async (database: string) =>
      (await query('SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1', [database])).rows[0]
        ?.count,
    /** Closes them, as a restarting server does. */
    endConnections: (database: string) =>
      query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]),
  };
}
