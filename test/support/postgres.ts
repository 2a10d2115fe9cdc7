import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { pathOf, type Program } from './programs.js';
import { ServerProcess } from './server-process.js';
import { TempFolder } from './temp-folder.js';
import { until } from './until.js';

/** PostgreSQL and PgBouncer refuse to run as root: they run as the user nobody then. */
export const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

type WhenOver = (end: () => void | Promise<void>) => void;

export interface PostgresOptions {
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Lines of pg_hba.conf, before those that trust everybody. */
  readonly access?: readonly string[];
  /** A data directory to start with: that of a server that was stopped, from `copyData()`. Default: a new one. */
  readonly data?: string;
  /** `afterAll` for a server of all tests of a file. */
  readonly whenOver?: WhenOver;
}

/** Starts a PostgreSQL server on loopback, and stops it after the test. */
export async function startPostgres(
  databases: readonly string[] = [],
  options: PostgresOptions = {},
): Promise<PostgresServer> {
  const server = new PostgresServer(options, await freePort());
  await server.start();
  for (const database of databases) await server.query(`CREATE DATABASE ${database}`);
  return server;
}

export class PostgresServer {
  /** Also the folder of its socket. */
  readonly folder: string;
  readonly #process: ServerProcess;

  constructor(
    { settings = {}, access = [], data, whenOver = onTestFinished }: PostgresOptions,
    readonly port: number,
  ) {
    this.folder = new TempFolder(whenOver).path;
    giveToNobody(this.folder);
    if (data === undefined)
      this.#run('initdb', ['-D', this.data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
    else this.#run('cp', ['-a', data, this.data]);
    const rules = readFileSync(`${this.data}/pg_hba.conf`, 'utf8');
    writeFileSync(`${this.data}/pg_hba.conf`, [...access, rules].join('\n'));
    const all = { port, listen_addresses: '127.0.0.1', unix_socket_directories: this.folder, fsync: 'off' };
    const args = Object.entries({ ...all, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    this.#process = new ServerProcess(
      {
        program: 'postgres',
        args: ['-D', this.data, ...args],
        options: { ...NOBODY, cwd: this.folder },
        answers: async () => (await this.query('SELECT 1')).length === 1,
      },
      (end) => whenOver(() => this.kill().then(end)),
    );
  }

  get data(): string {
    return `${this.folder}/data`;
  }

  url(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Returns the rows of one or more statements, as the user postgres. */
  async query<T extends object>(sql: string, parameters: readonly unknown[] = [], database = 'postgres') {
    const client = new pg.Client(this.url(database));
    await client.connect();
    try {
      return (await client.query<T>(sql, [...parameters])).rows;
    } finally {
      await client.end();
    }
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  /** Ends it as a power failure does. */
  async kill(): Promise<void> {
    let backends: readonly number[] = [];
    try {
      this.#signalAll('SIGSTOP'); // it starts no more backends
      backends = this.#backends();
      for (const backend of backends) process.kill(backend, 'SIGKILL');
    } catch {
      // It has ended.
    }
    await this.#process.kill();
    // A server does not start while one of them has the memory that they share.
    await until('all backends have ended', () => backends.every(hasEnded));
  }

  /** Stops it, so that its data directory can be copied. */
  stop(): Promise<void> {
    return this.#process.kill('SIGINT'); // a fast shutdown
  }

  /** Copies the data directory of a server that was stopped. Returns the path of the copy. */
  copyData(): string {
    const copy = `${this.folder}/copy`;
    this.#run('cp', ['-a', this.data, copy]);
    return copy;
  }

  /** Starts a stopped server again with a copy of its data: a backup that is restored. */
  async restore(copy: string): Promise<void> {
    rmSync(this.data, { recursive: true });
    this.#run('cp', ['-a', copy, this.data]);
    await this.start();
  }

  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#signalAll('SIGCONT');
  }

  /** Returns the number of connections of a database. */
  async connections(database: string): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      'SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [database],
    );
    return row?.count ?? 0;
  }

  /** Closes them, as a restarting server does. */
  async endConnections(database: string): Promise<void> {
    const others = 'datname = $1 AND pid <> pg_backend_pid()';
    await this.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`, [database]);
  }

  /** Without the backends, which each are a process, a server would go on to answer. */
  #signalAll(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    process.kill(pid, signal);
    for (const backend of this.#backends()) process.kill(backend, signal);
  }

  #backends(): readonly number[] {
    const { pid } = this.#process;
    if (pid === undefined) return [];
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  #run(program: Program, args: readonly string[]): void {
    execFileSync(pathOf(program)!, args, { ...NOBODY, cwd: this.folder, stdio: 'ignore' });
  }
}

/** Also if nobody has asked for its exit code. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

/** Lets a server that does not run as root read a file or a folder. */
export function giveToNobody(path: string): void {
  if (NOBODY !== undefined) chownSync(path, NOBODY.uid, NOBODY.gid);
}
