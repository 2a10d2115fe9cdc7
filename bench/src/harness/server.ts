import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../apps/remote/content.js';
import { freePort } from './free-port.js';

interface Command {
  readonly program: string;
  readonly args: (port: number, folder: string) => readonly string[];
  readonly url: (port: number) => string;
  /** Creates the data. */
  readonly prepare?: (folder: string) => void;
}

/** PostgreSQL refuses to run as root: it runs as the user nobody then. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const COMMANDS: Readonly<Record<Engine, Command>> = {
  redis: {
    program: 'redis-server',
    args: (port, folder) => [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--appendonly',
      'yes',
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
  },
  etcd: {
    program: 'etcd',
    args: (port, folder) => [
      `--data-dir=${folder}/data`,
      `--listen-client-urls=http://127.0.0.1:${port}`,
      `--advertise-client-urls=http://127.0.0.1:${port}`,
      '--listen-peer-urls=http://127.0.0.1:0',
    ],
    url: (port) => `http://127.0.0.1:${port}`,
  },
  postgres: {
    program: 'postgres',
    prepare: (folder) => {
      if (NOBODY.uid !== undefined) chownSync(folder, NOBODY.uid, NOBODY.gid);
      const args = ['-D', `${folder}/data`, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'];
      execFileSync(pathOf('initdb')!, args, { ...NOBODY, cwd: folder, stdio: 'ignore' });
    },
    args: (port, folder) => ['-D', `${folder}/data`, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder],
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
};

/** A server of a store on loopback, with its default durability. */
export class Server {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /** The program that is missing for an engine; undefined if none is. */
  static missing(engine: Engine): string | undefined {
    const { program } = COMMANDS[engine];
    return pathOf(program) === undefined ? program : undefined;
  }

  static async start(engine: Engine): Promise<Server> {
    const { program, args, url, prepare } = COMMANDS[engine];
    const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
    prepare?.(folder);
    const port = await freePort();
    const user = engine === 'postgres' ? NOBODY : {};
    const server = spawn(pathOf(program)!, args(port, folder), { ...user, cwd: folder, stdio: 'ignore' });
    process.once('exit', () => server.kill('SIGKILL'));
    while (!(await isListening(port))) {
      if (server.exitCode !== null) throw new Error(`${program} ended with code ${server.exitCode}`);
      await delay(50);
    }
    return new Server(url(port), server, folder);
  }

  /** CPU time of the server and its processes, in ms. */
  get cpuMs(): number {
    const { pid } = this.process;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return [`${pid}`, ...children].reduce((sum, each) => sum + cpuMsOf(each), 0);
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGINT'); // PostgreSQL ends its connections
    await ended;
    await rm(this.folder, { recursive: true });
  }
}

/** CPU time of a process and of those of its children that have ended: Linux counts it in steps of 10 ms. */
function cpuMsOf(pid: string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Returns the path of a program. Debian keeps those of PostgreSQL off the PATH. */
function pathOf(program: string): string | undefined {
  const versions = '/usr/lib/postgresql';
  const own = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
    : [];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...own];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
