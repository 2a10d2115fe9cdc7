import { PassThrough, Readable } from 'node:stream';
import { runCli } from '../../lib/cli/run-cli.js';

/** Result of a run of the command. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Terminal {
  readonly terminal?: boolean;
  /** The text that the user types. */
  readonly answer?: string;
}

/** Runs the `hot-config` command in this process, as on a terminal or in a pipe. */
export async function cli(args: readonly string[], how: Terminal = {}): Promise<CliRun> {
  const { stdout, stderr, ended } = startCli(args, how);
  return { code: await ended, stdout: stdout.text, stderr: stderr.text };
}

/** Starts a long-running command in the same way. */
export function startCli(args: readonly string[], { terminal = false, answer = '' }: Terminal = {}) {
  const io = { stdout: new Collector(terminal), stderr: new Collector(terminal) };
  const stdin = Object.assign(Readable.from([answer]), { isTTY: terminal });
  return { ...io, ended: runCli(args, { ...io, stdin }) };
}

/** A stream that stores what is written to it. */
class Collector extends PassThrough {
  text = '';

  constructor(readonly isTTY: boolean) {
    super();
    this.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
  }
}
