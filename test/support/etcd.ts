import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { pathOf } from './programs.js';
import { ServerProcess } from './server-process.js';
import { TempFolder } from './temp-folder.js';

const run = promisify(execFile);

export interface EtcdOptions {
  /** Further arguments of `etcd`. */
  readonly args?: readonly string[];
  readonly scheme?: 'http' | 'https';
  /** Folder with the data. Default: a new one. */
  readonly data?: string;
  readonly port?: number;
  readonly peerPort?: number;
  /** Its name, and all members of its cluster. Default: it is alone. */
  readonly name?: string;
  readonly cluster?: string;
}

/** A real etcd of one member, on loopback. It keeps its content when it is killed. */
export class Etcd {
  private constructor(
    readonly port: number,
    readonly peerPort: number,
    readonly url: string,
    readonly process: ServerProcess,
  ) {}

  /** @param whenOver stops it: after the test, or, with `afterAll`, after its file */
  static async start(
    options: EtcdOptions = {},
    whenOver: (stop: () => void) => void = onTestFinished,
  ): Promise<Etcd> {
    const { args = [], scheme = 'http', data = new TempFolder(whenOver).file('data') } = options;
    const { port = await freePort(), peerPort = await freePort() } = options;
    const url = `${scheme}://127.0.0.1:${port}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const { name = 'default', cluster = `${name}=${peer}` } = options;
    const own = {
      name,
      'data-dir': data,
      'listen-client-urls': url,
      'advertise-client-urls': url,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': cluster,
      // The network is fast here.
      'heartbeat-interval': '50',
      'election-timeout': '500',
    };
    const command = {
      program: 'etcd' as const,
      args: [...Object.entries(own).map(([name, value]) => `--${name}=${value}`), ...args],
      answers: () => (scheme === 'http' ? isHealthy(url) : isListening(port)),
    };
    const etcd = new Etcd(port, peerPort, url, new ServerProcess(command, whenOver));
    await etcd.process.start();
    return etcd;
  }

  /** Starts a cluster. */
  static async startCluster(size: number): Promise<Etcd[]> {
    const members = await Promise.all(
      Array.from({ length: size }, async (_, index) => ({ name: `m${index}`, peerPort: await freePort() })),
    );
    const cluster = members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',');
    return Promise.all(members.map((member) => Etcd.start({ ...member, cluster })));
  }

  /** Runs `etcdctl` as an operator does, and returns what it prints. */
  async ctl(...args: readonly string[]): Promise<string> {
    const options = {
      env: { ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: this.url },
      timeout: 20_000,
    };
    return (await run(pathOf('etcdctl')!, args, options)).stdout;
  }
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
  return response.ok && (await response.text()).includes('true');
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
