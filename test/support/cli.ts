import { PassThrough } from 'node:stream';
import { runCli } from '../../lib/cli/run-cli.js';

/** What a run of the command left. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `hot-config` command in this process; `terminal` as on one, else as in a pipe. */
export async function cli(args: readonly string[], how: { terminal?: boolean } = {}): Promise<CliRun> {
  const { stdout, stderr, ended } = startCli(args, how);
  return { code: await ended, stdout: stdout.text, stderr: stderr.text };
}

/** The same for a command that lasts. */
export function startCli(args: readonly string[], { terminal = false } = {}) {
  const io = { stdout: new Collector(terminal), stderr: new Collector(terminal) };
  return { ...io, ended: runCli(args, io) };
}

/** A stream that keeps what is written to it. */
class Collector extends PassThrough {
  text = '';

  constructor(readonly isTTY: boolean) {
    super();
    this.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
  }
}
