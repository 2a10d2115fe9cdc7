import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Conversation } from '../../../lib/cli/connection/conversation.js';
import { parseServerMessage } from '../../../lib/cli/connection/parse-server-message.js';
import { CliError } from '../../../lib/cli/errors/cli.error.js';
import { ControlChannel } from '../../../lib/control/control-channel.js';
import { ControlError } from '../../../lib/control/control.error.js';
import { LineSplitter, parseRequest } from '../../../lib/control/json-lines.js';
import { HotConfigRuntime } from '../../../lib/runtime/hot-config.runtime.js';
import { MemorySource } from '../../../lib/testing/memory.source.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkPrototypes } from './promises.js';

const REQUEST_WORDS = [
  '{"id":1,"method":"',
  'status',
  'get',
  'explain',
  'plan',
  'history',
  'diff',
  'schema',
  'watch',
  'reload',
  'rollback',
  'set',
  'unset',
  'enable',
  'disable',
  'hello',
  '","params":{',
  '"path":"a"',
  '"path":"password"',
  '"path":"a.b"',
  '"value":',
  '"ttl":"1h"',
  '"reason":"x"',
  '"from":1',
  '"to":"sources"',
  '"patch":true',
  '"force":true',
  '"steps":1',
  '"version":1',
  '"actor":"me"',
  '}}\n',
  '{}',
  '[1]',
  'null',
  '"x"',
  ',',
  '"__proto__":',
  '"constructor"',
  '12345678901234567890',
  '\n',
];

const MAX_LINE = 300;

/** Bytes that a client sends, up to the requests in them. */
const requests: FuzzTarget = {
  name: 'requests',
  words: REQUEST_WORDS,
  workPerByte: 2_000,
  run(input) {
    const lines = linesOf(input, input.length + 1);
    assert.deepEqual(linesOf(input, 1), lines, 'bytes that arrive one by one are other lines');
    for (const line of lines) checkRequest(line);
    checkPrototypes();
  },
};

/** Returns the lines before the first one that is too long. */
function linesOf(input: Buffer, chunkLength: number): Buffer[] {
  const splitter = new LineSplitter(MAX_LINE);
  const lines: Buffer[] = [];
  const rest = input
    .toString('latin1')
    .split('\n')
    .findIndex((line) => line.length > MAX_LINE);
  try {
    for (let start = 0; start < input.length; start += chunkLength)
      for (const line of splitter.push(input.subarray(start, start + chunkLength)))
        lines.push(Buffer.from(line));
    assert.equal(rest, -1, 'a line that is too long is accepted');
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== 'TOO_LARGE') throw error;
    assert.equal(lines.length, rest, 'a line that is short enough is refused');
  }
  return lines;
}

function checkRequest(line: Buffer): void {
  try {
    const { id, method, params } = parseRequest(line);
    const sent = JSON.parse(line.toString().replace(/^\ufeff/, '')) as Record<string, unknown>;
    const expected = { id: sent['id'], method: sent['method'], params: sent['params'] ?? {} };
    assert.deepEqual({ id, method, params }, expected, 'a request is another one than the line');
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    assert.equal(error.code, 'MALFORMED');
  }
}

const SECRET = 'walrus-lagoon-pewter';
const TREE = { a: { b: 1 }, list: [1, 2], password: SECRET };

/** Bytes that a client sends to a real app. */
const channel: FuzzTarget = {
  name: 'channel',
  words: REQUEST_WORDS,
  async run(input) {
    const runtime = new HotConfigRuntime(
      { sources: [new MemorySource(TREE)], enabled: false },
      { log: () => undefined, warn: () => undefined, error: () => undefined },
    );
    await runtime.boot();
    const socketDir = mkdtempSync(join(tmpdir(), 'fuzz-'));
    const opened = await ControlChannel.open({ name: 'fuzz', socketDir }, runtime);
    const messages = await messagesOf(join(socketDir, `fuzz-${process.pid}.sock`), input);
    await runtime.settled();
    await opened.close();
    await runtime.stop();
    rmSync(socketDir, { recursive: true });
    const [hello, ...others] = messages.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert(hello !== undefined && 'hello' in hello, 'the app does not greet');
    for (const message of others) {
      const { id, error } = message;
      assert(
        error !== undefined || 'bye' in message || Number.isSafeInteger(id),
        'a message answers nothing',
      );
    }
    assert(!messages.join('\n').includes(SECRET), 'a secret was sent');
    checkPrototypes();
  },
};

/** The last request. Its answer comes after those of the input, except of those that wait. */
const LAST = `\n{"id":${Number.MAX_SAFE_INTEGER},"method":"hello"}\n`;

/** Sends an input to an app, and returns the lines that it answers until the last request, or until it disconnects. */
async function messagesOf(path: string, input: Buffer): Promise<string[]> {
  const socket = connect(path).setEncoding('utf8');
  let received = '';
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => undefined); // it is disconnected while it sends
    socket.on('close', () => resolve());
    socket.on('data', (text: string) => {
      received += text;
      if (received.includes(`"id":${Number.MAX_SAFE_INTEGER},`)) resolve();
    });
  });
  await once(socket, 'connect');
  socket.write(input);
  socket.write(LAST);
  await ended;
  socket.destroy();
  return received.split('\n').filter((line) => line !== '');
}

/** Bytes that the command receives from what it takes for an app. */
const serverMessages: FuzzTarget = {
  name: 'server-messages',
  words: [
    '{"hello":{"protocol":1,"app":{"name":"a","id":"a-1","pid":1,"cwd":"/","startedAt":"","node":"","version":"1"}}}\n',
    '{"hello":{"protocol":2}}\n',
    '{"id":1,"result":',
    '{"id":2,"event":',
    '{"id":1,"error":{"code":"BUSY","message":"',
    '{"id":1,"error":{"code":"UNKNOWN_METHOD","message":"',
    '{"error":{"message":"',
    '{"bye":"',
    '"}}\n',
    '"}\n',
    '{}',
    'null',
    '}\n',
    '\n',
    '"folder":1,',
    '"host":"h",',
    '"id":0,',
  ],
  workPerByte: 2_000,
  async run(input) {
    const text = input.toString();
    for (const line of text.split('\n')) checkServerMessage(line);
    const outcome = await outcomesOf([text]);
    assert.deepEqual(
      await outcomesOf(Array.from(text)),
      outcome,
      'messages that arrive in pieces are others',
    );
    checkPrototypes();
  },
};

function checkServerMessage(line: string): void {
  const message = parseServerMessage(line);
  if (message !== undefined)
    assert.deepEqual(message, JSON.parse(line), 'a message is another one than the line');
}

/** Returns what two requests and their listeners receive, if the app sends these pieces and then disconnects. */
async function outcomesOf(pieces: readonly string[]): Promise<unknown[]> {
  const conversation = new Conversation();
  const events: unknown[] = [];
  const call = { method: 'status', timeout: Infinity, onEvent: (event: unknown) => events.push(event) };
  const answers = Promise.allSettled([
    conversation.greeting(Infinity),
    conversation.request(call, () => undefined),
    conversation.request(call, () => undefined),
  ]);
  for (const piece of pieces) conversation.receive(piece);
  conversation.close();
  const outcomes = (await answers).map((answer) =>
    answer.status === 'fulfilled' ? answer.value : refusal(answer.reason),
  );
  return [...outcomes, ...events];
}

function refusal(error: unknown): string {
  if (!(error instanceof CliError)) throw error;
  return String(error);
}

export const CHANNEL_TARGETS: readonly FuzzTarget[] = [requests, channel, serverMessages];
