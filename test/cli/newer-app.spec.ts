import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RECORDINGS } from '../releases/support/recordings.js';
import type { RecordedCall } from '../releases/support/transcript.js';
import { startFakeApp } from '../support/fake-app.js';

const HELLO = {
  protocol: 1,
  app: {
    name: 'newer',
    id: 'newer-4711',
    pid: 4711,
    cwd: '/app',
    startedAt: '2027-01-01T00:00:00.000Z',
    node: 'v30.0.0',
    version: '0.9.0',
    region: { name: 'eu' },
  },
  signed: true,
};

const TIME = '2027-01-01T00:00:00.000Z';

/** The result of a reload, with members and names that this release does not know. */
const RELOAD = {
  outcome: 'deferred',
  cause: 'fleet',
  version: 3,
  durationMs: 1.5,
  stages: [{ name: 'elect', ms: 1 }],
  calls: [],
  changes: [{ path: 'llm.model', kind: 'renamed', previous: 'small', current: 'large', weight: 3 }],
  issues: [],
  time: TIME,
  quorum: [1, 2],
};

/** A newer app that answers each request with this result. */
const answering = (...messages: object[]) => startFakeApp({ hello: HELLO, answer: () => messages });

describe('The command, with an app of a newer release', () => {
  it.each([false, true])(
    'prints an outcome and a kind of change that it does not know, terminal: %s',
    async (terminal) => {
      const { run } = await answering({ result: RELOAD });
      const { code, stdout, stderr } = await run(['reload'], terminal);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const text = stripVTControlCharacters(stdout);
      expect(text).toContain('deferred, version 3 (fleet, 1 change, 1.5 ms)');
      expect(text).toMatch(/\?\s+llm\.model\s+small\s+large/);
    },
  );

  it.each([false, true])(
    'prints a result that has nothing but an outcome that it does not know, terminal: %s',
    async (terminal) => {
      const { run } = await answering({ result: { outcome: 'constructor', version: 3, time: TIME } });
      for (const args of [['reload'], ['plan']])
        expect(await run(args, terminal)).toMatchObject({ code: 0, stderr: '' });
      const event = { outcome: 'deferred', version: 3, time: TIME };
      const watched = await answering({ event }, { result: {} });
      const { code, stdout, stderr } = await watched.run(['watch'], terminal);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(terminal ? /deferred, version 3/ : /^\S+\tdeferred\t3\t/);
    },
  );

  it.each(['constructor', '__proto__'])('knows no kind of change with the name %s', async (kind) => {
    const changes = [{ path: 'a', kind, previous: 1, current: 2 }];
    const { run } = await answering({ result: { ...RELOAD, outcome: 'applied', changes } });
    expect(await run(['reload'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\?\ta\t1\t2$/m) });
  });

  it('prints a problem whose kind it does not know', async () => {
    const steps = RECORDINGS[0]!.transcript.steps;
    const { result } = steps.find((step) => 'method' in step && step.method === 'status') as RecordedCall;
    const problems = [{ kind: 'constructor', message: 'the fleet has no quorum' }];
    const { run } = await answering({ result: { ...(result as object), problems } });
    expect((await run(['status'])).stdout).toContain('Problems\tthe fleet has no quorum\n');
  });

  it('prints a plan whose outcome it does not know', async () => {
    const plan = { vetoes: [], handlers: [], components: [], restart: [], readAtStart: [], rolledBack: [] };
    const { run } = await answering({ result: { ...RELOAD, ...plan } });
    expect((await run(['plan'])).stdout).toBe('A reload would be deferred.\n?\tllm.model\tsmall\tlarge\n');
  });

  it('prints a difference whose kind it does not know', async () => {
    const entries = [{ kind: 'split', path: 'a', previous: 1, current: 2 }];
    const { run } = await answering({ result: { from: 'version 1', to: 'version 2', stats: {}, entries } });
    expect((await run(['diff'])).stdout).toBe('?\ta\t1\t2\n');
  });

  it('watches on after messages and events that it does not know', async () => {
    const start = { event: { watching: true, version: 2 } };
    const unknown = [{ event: { progress: 0.5 } }, { event: 'half' }, { event: null }, { partial: {} }];
    const { run } = await answering(start, ...unknown, { event: RELOAD }, { result: {} });
    const { code, stdout, stderr } = await run(['watch']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Version 2 is in force. Sources are watched.\n' });
    expect(stdout).toBe(`${TIME}\tdeferred\t3\tfleet\t1.5\tllm.model\t\n`);
    const json = (await run(['watch', '--json'])).stdout.trim().split('\n');
    expect(json).toHaveLength(5);
  });

  it('names the command to use if the app has another version of the protocol', async () => {
    const { run } = await startFakeApp({
      hello: { ...HELLO, protocol: 2, app: { version: '0.9.0' } },
      answer: () => [],
    });
    expect(await run(['status', '--pid', '1'])).toEqual({
      code: 6,
      stdout: '',
      stderr:
        'hot-config: The app uses version 2 of the control protocol, but this command uses version 1.\n' +
        'Use the hot-config command of the app (nestjs-hot-config 0.9.0): run npx hot-config in its folder.\n',
    });
  });
});

describe('The command, with an app of an older release', () => {
  const UPGRADE =
    'Upgrade nestjs-hot-config in the app, or use its command: run npx hot-config in the folder of the app.\n';

  it('names the release of the app if that does not have the method', async () => {
    const message = 'the method "plan" does not exist';
    const { run } = await answering({ error: { code: 'UNKNOWN_METHOD', message } });
    expect(await run(['plan'])).toEqual({
      code: 6,
      stdout: '',
      stderr: `hot-config: The app runs nestjs-hot-config 0.9.0, which has no plan.\n${UPGRADE}`,
    });
  });

  it('names the release of its first greeting, and ignores later greetings', async () => {
    const later = [1, 2].map((protocol) => ({
      hello: { protocol, ...(protocol === 1 && { app: { ...HELLO.app, version: '9.9.9' } }) },
    }));
    const { run } = await answering(...later, { error: { code: 'UNKNOWN_METHOD', message: 'unknown' } });
    expect(await run(['plan'])).toMatchObject({
      code: 6,
      stderr: `hot-config: The app runs nestjs-hot-config 0.9.0, which has no plan.\n${UPGRADE}`,
    });
  });

  it('says what to do if that does not have a parameter', async () => {
    const message = 'the app runs nestjs-hot-config 0.9.0, whose rollback has no "write"';
    const { run } = await answering({ error: { code: 'UNKNOWN_PARAM', message } });
    expect(await run(['rollback', '--write'])).toEqual({
      code: 6,
      stdout: '',
      stderr: `hot-config: The app runs nestjs-hot-config 0.9.0, whose rollback has no "write"\n${UPGRADE}`,
    });
  });
});
