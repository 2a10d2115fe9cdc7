import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import { TempFolder } from './temp-folder.js';

const run = promisify(execFile);

/** A real Redis server on loopback, whose content survives `kill -9`. */
export class RedisServer {
  private constructor(
    readonly port: number,
    readonly folder: string,
    readonly process: ServerProcess,
  ) {}

  /** @param args further arguments of `redis-server` */
  static async start(args: readonly string[] = [], folder = new TempFolder()): Promise<RedisServer> {
    const port = await freePort();
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', ''];
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--daemonize', 'no'];
    const server: RedisServer = new RedisServer(
      port,
      folder.path,
      new ServerProcess({
        program: 'redis-server',
        args: [...own, ...durable, ...args],
        answers: async () => (await server.cli('PING')) !== '',
      }),
    );
    await server.process.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Runs a command as an operator does, and returns what `redis-cli` prints. */
  cli(...command: readonly string[]): Promise<string> {
    return RedisServer.cliAt(this.port, ...command);
  }

  /** Sets a key to the content of a file, as `redis-cli -x SET KEY < FILE` does. */
  async setFromFile(key: string, content: string | Buffer): Promise<void> {
    const running = run('redis-cli', ['-p', String(this.port), '-x', 'SET', key], { timeout: 5_000 });
    running.child.stdin!.end(content);
    await running;
  }

  static async cliAt(port: number, ...command: readonly string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(port), ...command], { timeout: 5_000 });
    return stdout.trimEnd();
  }
}
