import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { freePort } from './free-port.js';
import { giveToNobody, NOBODY, type PostgresServer } from './postgres.js';
import { ServerProcess } from './server-process.js';

/**
 * Starts PgBouncer in transaction mode, with two connections to the server: each statement of a client may be run by another
 * one. Stopped after the test. Returns the address of a database behind it.
 */
export async function startPgBouncer(postgres: PostgresServer): Promise<string> {
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const [config, users] = [`${postgres.folder}/pgbouncer.ini`, `${postgres.folder}/users.txt`];
  writeFileSync(users, '"postgres" ""\n');
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
`,
  );
  for (const file of [config, users]) giveToNobody(file);
  const bouncer = new ServerProcess({
    program: 'pgbouncer',
    args: [config],
    options: { ...NOBODY, cwd: postgres.folder },
    answers: async () => {
      const client = new pg.Client(url);
      await client.connect();
      await client.end();
      return true;
    },
  });
  await bouncer.start();
  return url;
}
