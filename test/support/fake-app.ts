import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { cli, type CliRun } from './cli.js';
import { TempFolder } from './temp-folder.js';

/** A request that the command has sent. */
export interface ReceivedRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What an app of another release sends. */
export interface FakeApp {
  readonly hello: object;
  /** Returns the messages after a request; each gets the id of the request. */
  readonly answer: (request: ReceivedRequest) => readonly object[];
}

/** Listens as an app of another release, and returns the requests that arrive and a function that runs the command. */
export async function startFakeApp({ hello, answer }: FakeApp) {
  const folder = new TempFolder();
  const requests: ReceivedRequest[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const send = (message: object) => socket.write(`${JSON.stringify(message)}\n`);
    send({ hello });
    createInterface({ input: socket }).on('line', (line) => {
      const request = JSON.parse(line) as ReceivedRequest;
      requests.push(request);
      for (const message of answer(request)) send({ id: request.id, ...message });
    });
  });
  await new Promise<void>((resolve) => server.listen(folder.file('other-1.sock'), resolve));
  onTestFinished(() => void server.close());
  const run = (args: readonly string[], terminal = false): Promise<CliRun> =>
    cli(['--socket-dir', folder.path, '--pid', '4711', ...args], { terminal });
  return { requests, run };
}
