import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { APP_NAME, configFile } from './recorded-app.js';

/** A call of a method, and what the app has answered. */
export interface RecordedCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A change of the app's file, or a call. */
export type Step = { readonly write: string } | Pick<RecordedCall, 'method' | 'params'>;

/** All that the app of one release has sent. */
export interface Transcript {
  readonly hello: { readonly protocol: number; readonly app: Readonly<Record<string, unknown>> };
  /** The steps in their order. */
  readonly steps: readonly ({ readonly write: string } | RecordedCall)[];
  /** The events of `watch`. */
  readonly events: readonly unknown[];
}

interface Message {
  readonly hello?: Transcript['hello'];
  readonly id?: number;
  readonly event?: unknown;
  readonly result?: unknown;
  readonly error?: RecordedCall['error'];
}

const RATE = 'llm.temperature';

/** Each method, and each kind of answer that it has. The params are those that the command sends. */
export const STEPS: readonly Step[] = [
  call('status'),
  call('get'),
  call('get', { path: 'llm.model' }),
  call('get', { path: 'llm.api_key' }),
  call('get', { path: 'nothing.here' }),
  call('explain', { path: 'llm.model' }),
  call('explain', { path: 'rate' }),
  call('plan'),
  call('history'),
  call('schema'),
  { write: configFile('large') },
  call('plan'),
  call('reload', { reason: 'a larger model' }),
  call('diff'),
  call('diff', { from: 1, to: 2 }),
  call('diff', { from: 1, to: 'sources' }),
  call('diff', { from: 1, to: 2, patch: true }),
  call('set', { path: RATE, value: 0.7, ttl: 3_600_000, reason: 'a trial' }),
  call('set', { path: RATE, value: 9 }),
  call('set', { path: 'llm.api_key', value: 'canary-of-the-override' }),
  call('explain', { path: RATE }),
  call('status'),
  call('unset', { path: RATE }),
  { write: configFile('broken', 9) },
  call('plan'),
  call('reload'),
  call('status'),
  { write: configFile('large') },
  call('reload'),
  call('rollback', { version: 1, reason: 'too slow' }),
  call('rollback', { version: 99 }),
  call('plan'),
  call('plan', { force: true }),
  call('status'),
  call('reload', { force: true }),
  call('history'),
  call('enable', { reason: 'done' }),
  call('disable'),
  call('unheard-of'),
  call('get', { path: '' }),
];

function call(method: string, params: RecordedCall['params'] = {}): Step {
  return { method, params };
}

/** Takes the steps with the app of the current directory, and returns all that it has sent. */
export async function recordTranscript(socket: string, steps: readonly Step[]): Promise<Transcript> {
  const watch = await Client.open(socket);
  void watch.call('watch', {});
  const client = await Client.open(socket);
  await client.call('hello', { user: 'ann', pid: process.pid });
  const taken: Transcript['steps'][number][] = [];
  for (const step of steps) {
    if ('write' in step) writeFileSync('app.yaml', step.write);
    taken.push('write' in step ? step : await client.call(step.method, step.params));
  }
  const { hello } = client;
  watch.close();
  client.close();
  return withoutAccidents({ hello, steps: taken, events: watch.events });
}

/** A client that keeps what it receives. */
class Client {
  readonly events: unknown[] = [];
  readonly #waiting = new Map<number, (message: Message) => void>();
  #lastId = 0;

  private constructor(
    private readonly socket: ReturnType<typeof connect>,
    readonly hello: Transcript['hello'],
  ) {}

  static async open(path: string): Promise<Client> {
    const socket = connect(path);
    const lines = createInterface({ input: socket });
    const [first] = (await once(lines, 'line')) as [string];
    const client = new Client(socket, (JSON.parse(first) as Message).hello!); // the first message is the greeting
    lines.on('line', (line) => client.#receive(JSON.parse(line) as Message));
    return client;
  }

  async call(method: string, params: RecordedCall['params']): Promise<RecordedCall> {
    const id = (this.#lastId += 1);
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.socket.write(`${JSON.stringify({ id, method, params })}\n`);
    const { result, error } = await answer;
    return { method, params, ...(error === undefined ? { result } : { error }) };
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(message: Message): void {
    if ('event' in message) this.events.push(message.event);
    else this.#waiting.get(message.id!)?.(message);
  }
}

/** Replaces what differs between two runs: times, process ids, hashes, paths and names of the machine. */
function withoutAccidents(transcript: Transcript): Transcript {
  const { cwd, pid, host, node } = transcript.hello.app;
  const text = JSON.stringify(transcript)
    .replaceAll(JSON.stringify(cwd).slice(1, -1), '/app')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, '2026-12-01T12:00:00.000Z')
    .replaceAll(/[0-9a-f]{64}/g, '0'.repeat(64))
    .replaceAll(/"(ms|heldMs|durationMs)":[0-9.]+/g, '"$1":1.5')
    .replaceAll(`"host":${JSON.stringify(host)}`, '"host":"machine"')
    .replaceAll(JSON.stringify(node), '"v20.19.0"')
    .replaceAll(`"pid":${String(pid)},`, '"pid":4711,')
    .replaceAll(`${APP_NAME}-${String(pid)}`, `${APP_NAME}-4711`);
  return JSON.parse(text) as Transcript;
}
