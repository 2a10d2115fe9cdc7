import { describe, expect, it } from 'vitest';
import { ExitCode, exitCodeFor } from '../../lib/cli/errors/exit-code.js';
import type { CliRun } from '../support/cli.js';
import { startFakeApp } from '../support/fake-app.js';
import { RECORDINGS, type Recording } from './support/recordings.js';
import type { RecordedCall } from './support/transcript.js';

/** Signs of a member that is missing, and of a stack. */
const NONSENSE = /undefined|NaN|\[object |Invalid Date|^ +at /m;

/** The command line that makes a recorded call; undefined if no command makes it. */
function commandFor({ method, params }: RecordedCall): string[] | undefined {
  if (method === 'unheard-of') return undefined;
  const { path, value, version, from, to, ttl, reason } = params as Record<
    string,
    string | number | undefined
  >;
  const words = [path, value, version, from, to].filter((word) => word !== undefined).map(String);
  const flags = ['force', 'patch'].filter((name) => params[name] === true).map((name) => `--${name}`);
  const options = [
    ...(ttl === undefined ? [] : ['--ttl', `${Number(ttl) / 1_000}s`]),
    ...(reason === undefined ? [] : ['--reason', String(reason)]),
  ];
  return [method, ...words, ...flags, ...options];
}

/** The call with its command line, for each call of a recording that a command makes. */
function commandsOf({ transcript }: Recording): { call: RecordedCall; args: readonly string[] }[] {
  return transcript.steps.flatMap((step) => {
    const args = 'write' in step ? undefined : commandFor(step);
    return args === undefined ? [] : [{ call: step as RecordedCall, args }];
  });
}

/** An app that greets as the recorded one, and answers each call of the same method as it answered this one. */
function replay({ transcript: { hello, events } }: Recording, call?: RecordedCall) {
  return startFakeApp({
    hello,
    answer: ({ method }) => {
      if (method === 'hello') return [{ result: {} }];
      if (method === 'watch') return [...events.map((event) => ({ event })), { result: {} }];
      if (method === call?.method) return [call.error ? { error: call.error } : { result: call.result }];
      return [{ error: { code: 'UNKNOWN_METHOD', message: `the method "${method}" does not exist` } }];
    },
  });
}

function expectSense({ stdout, stderr }: CliRun): void {
  expect(stdout + stderr).not.toMatch(NONSENSE);
  expect(stdout + stderr).not.toBe('');
}

describe.each(RECORDINGS)('The command of this release, with an app of $name', (recording) => {
  it.each(commandsOf(recording))('asks and prints as it should: $args', async ({ call, args }) => {
    const { requests, run } = await replay(recording, call);
    const { outcome } = Object(call.result) as { outcome?: string };
    const failure = call.error && exitCodeFor(call.error.code);
    const code = failure ?? (outcome === 'rejected' ? ExitCode.No : ExitCode.Ok);
    for (const terminal of [false, true]) {
      const result = await run(args, terminal);
      expectSense(result);
      expect(result.code).toBe(code);
    }
    const json = await run([...args, '--json']);
    expect(json.code).toBe(code);
    const printed = JSON.parse(call.error === undefined ? json.stdout : json.stderr) as unknown;
    expect(printed).toMatchObject(
      call.error === undefined ? (call.result as object) : { error: { code: call.error.code } },
    );
    const asked = requests.filter(({ method }) => method !== 'hello');
    expect(asked).toHaveLength(3);
    for (const { method, params } of asked)
      expect({ method, params }).toEqual({ method: call.method, params: call.params });
  });

  it('lists the app', async () => {
    const { run } = await replay(recording);
    for (const terminal of [false, true]) {
      const result = await run(['apps'], terminal);
      expectSense(result);
      expect(result.stdout).toContain('recorded');
    }
  });

  it('follows its reloads', async () => {
    const { run } = await replay(recording);
    const { events } = recording.transcript;
    for (const terminal of [false, true]) {
      const result = await run(['watch'], terminal);
      expectSense(result);
      expect(result.stdout.split('\n').length).toBeGreaterThanOrEqual(events.length);
    }
    const { stdout } = await run(['watch', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(events);
  });

  it('finds its problems and completes its paths', async () => {
    const statuses = commandsOf(recording).filter(({ call }) => call.method === 'status');
    for (const { call } of statuses) {
      const { run } = await replay(recording, call);
      const result = await run(['doctor']);
      expectSense(result);
      expect(result.stdout).toContain('app recorded');
    }
    const get = commandsOf(recording).find(({ call }) => call.method === 'get')!.call;
    const { run } = await replay(recording, get);
    expect((await run(['complete', '--word=', '--', 'get'])).stdout).toContain('llm.model');
  });
});
