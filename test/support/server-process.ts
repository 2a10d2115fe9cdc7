import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { pathOf, type Program } from './programs.js';
import { until } from './until.js';

/** How a server is started, always with the same arguments: it keeps its port and its data. */
export interface ServerCommand {
  readonly program: Program;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  /** Resolves to `true` once it answers. */
  readonly answers: () => Promise<boolean>;
}

/**
 * A real server in a process of its own, which a test kills, freezes and starts again. Killed after the test; or, with
 * `afterAll`, after its file.
 */
export class ServerProcess {
  #process: ChildProcess | undefined;

  constructor(
    private readonly command: ServerCommand,
    whenOver: (end: () => Promise<void>) => void = onTestFinished,
  ) {
    whenOver(() => this.kill());
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it, again if it has ended, and waits until it answers. */
  async start(): Promise<void> {
    const { program, args, options, answers } = this.command;
    let output = '';
    const server = spawn(pathOf(program)!, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (chunk: Buffer) => (output = (output + String(chunk)).slice(-2_000)));
    this.#process = server;
    await until(`${program} answers`, async () => {
      if (server.exitCode !== null) throw new Error(`${program} has ended: ${output}`);
      return answers().catch(() => false);
    });
  }

  /** Ends it as a crash does: without a word to its clients. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    server.kill('SIGCONT'); // a frozen process ends only then
    await ended;
  }

  /** Freezes it: connections stay open, and nothing answers. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }
}
