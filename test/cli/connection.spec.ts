import 'reflect-metadata';
import { createServer, type Server } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { callerIdentity } from '../../lib/cli/connection/caller-identity.js';
import { Conversation } from '../../lib/cli/connection/conversation.js';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** A server that listens in the socket directory and sends this text to each client. */
async function fakeApp(sent: string, name = 'odd-1.sock') {
  const folder = new TempFolder();
  const server: Server = createServer((socket) => socket.on('error', () => undefined).write(sent));
  await new Promise<void>((resolve) => server.listen(folder.file(name), resolve));
  onTestFinished(() => void server.close());
  const run = (...args: string[]) => cli(['--socket-dir', folder.path, ...args]);
  return { folder, run };
}

const HELLO = {
  protocol: 1,
  app: { name: 'odd', id: 'odd-1', pid: 1, cwd: '/', startedAt: '', node: '', version: '9.9.9' },
};

describe('The command, connected to something that is not a compatible app', () => {
  it('reports an unknown version of the protocol, and which command to use', async () => {
    const { run } = await fakeApp(`${JSON.stringify({ hello: { ...HELLO, protocol: 2 } })}\n`);
    const { code, stderr } = await run('status');
    expect(code).toBe(6);
    expect(stderr).toContain('version 2 of the control protocol');
    expect(stderr).toContain('nestjs-hot-config 9.9.9');
  });

  it('has a timeout for the greeting and for the response', async () => {
    const mute = await fakeApp('nonsense\n[1]\n');
    expect(await mute.run('status', '--timeout', '100ms')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('did not respond'),
    });
    expect((await mute.run('apps', '--timeout', '100ms')).stdout).toMatch(
      /^odd-1\t\t\tThe app did not respond within/,
    );
    expect((await mute.run('status', '--timeout', '100ms', '--pid', '1', '--app', 'odd')).code).toBe(5);
    expect((await mute.run('status', '--timeout', '100ms', '--pid', '2')).stderr).toContain(
      'matches --pid 2',
    );
    const deaf = await fakeApp(`${JSON.stringify({ hello: HELLO })}\n`);
    expect(await deaf.run('reload', '--app', 'odd', '--timeout', '100ms')).toMatchObject({ code: 5 });
  });

  it('takes no message without end', async () => {
    const conversation = new Conversation();
    const response = conversation.request({ method: 'get', timeout: 10_000 }, () => undefined);
    for (let piece = 0; piece < 33; piece += 1) conversation.receive('x'.repeat(1024 * 1024));
    await expect(response).rejects.toThrow('The other end sent a message of more than 33555432 characters');
  });

  it('shows the problem of an app in the list of apps', async () => {
    const { run } = await fakeApp(`${JSON.stringify({ hello: { protocol: 2 } })}\n`);
    expect((await run('apps')).stdout).toMatch(/^odd-1\t\t\tThe app uses version 2 of the control protocol/);
    expect(JSON.parse((await run('apps', '--json')).stdout)).toEqual([
      {
        id: 'odd-1',
        answers: false,
        error: { code: 'PROTOCOL', message: expect.stringContaining('version 2 of the control protocol') },
      },
    ]);
    expect((await run('status')).stderr).toContain(
      'Use the hot-config command of the app: run npx hot-config',
    );
  });

  it('ignores a greeting with a missing or invalid member', async () => {
    const { name: _name, ...nameless } = HELLO.app;
    for (const app of [nameless, { ...HELLO.app, pid: 'x' }, { ...HELLO.app, cwd: null }, null]) {
      const { run } = await fakeApp(`${JSON.stringify({ hello: { ...HELLO, app } })}\n`);
      expect(await run('status', '--timeout', '100ms')).toMatchObject({ code: 5 });
    }
  });

  it('prints no control characters', async () => {
    const app = { ...HELLO.app, name: 'odd\u001b[31m', cwd: '/\u001b]0;title\u0007' };
    const { run } = await fakeApp(
      `${JSON.stringify({ hello: { ...HELLO, app } })}\n${JSON.stringify({ error: { code: 'X', message: '\u001b[2J' } })}\n`,
    );
    for (const args of [['apps'], ['status', '--pid', '77'], ['status']]) {
      const { stdout, stderr } = await run(...args);
      for (const sign of ['\u001b', '\u0007']) expect(stdout + stderr).not.toContain(sign);
    }
  });

  it('lists two apps that do not respond, and requests a choice', async () => {
    const { folder, run } = await fakeApp('');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(folder.file('odd-2.sock'), resolve));
    onTestFinished(() => void server.close());
    const { code, stderr } = await run('status', '--timeout', '100ms');
    expect(code).toBe(4);
    expect(stderr).toContain('odd-2  (The app did not respond within 0.1 s.)');
  });
});

describe('An error of an app', () => {
  it.each([
    ['the app has no schema', 'The app has no schema'],
    ['config/app.yaml is not valid YAML', 'config/app.yaml is not valid YAML'],
    ['"path" must be a path', '"path" must be a path'],
  ])('%s, is printed as: %s', async (message, printed) => {
    const conversation = new Conversation();
    const response = conversation.request({ method: 'schema', timeout: Infinity }, () => undefined);
    conversation.receive(`${JSON.stringify({ id: 1, error: { code: 'FAILED', message } })}\n`);
    await expect(response).rejects.toThrow(printed);
  });
});

describe('The command, with two apps of the same name', () => {
  it('chooses one by its process id or by its id', async () => {
    const socketDir = new TempFolder().file('run');
    const control = { enabled: true, name: 'gateway', socketDir };
    await startApp({ n: 1 }, {}, { control });
    await startApp({ n: 2 }, {}, { control });
    const run = (...args: string[]) => cli([...args, '--socket-dir', socketDir]);
    const ids = (JSON.parse((await run('apps', '--json')).stdout) as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual([`gateway-${process.pid}`, `gateway-${process.pid}-2`]);
    expect((await run('get', 'n', '--app', ids[0]!)).stdout).toBe('1\n');
    expect((await run('get', 'n', '--app', ids[1]!)).stdout).toBe('2\n');
    const { code, stderr } = await run('get', 'n', '--app', 'payments', '--pid', '1');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^hot-config: No running app matches --app payments --pid 1\. Running apps:\n/);
  });
});

describe('The command, in another folder than the app', () => {
  const gateway = { ...HELLO.app, name: 'gateway', pid: 42 };

  /** Starts an app with this identity, and runs a command. */
  const talk = async (app: object, args: readonly string[], how: Parameters<typeof cli>[1] = {}) => {
    const hello = JSON.stringify({ hello: { ...HELLO, app: { ...gateway, ...app } } });
    // The end of the conversation: no command waits for a response.
    const { folder } = await fakeApp(
      `${hello}\n${JSON.stringify({ error: { code: 'X', message: 'the end' } })}\n`,
    );
    return cli([...args, '--socket-dir', folder.path], how);
  };

  const here = process.cwd();

  it.each([
    ['an app of another folder', { cwd: '/srv/gateway', folder: '/srv/gateway' }, false],
    ['an app without a package in another folder', { cwd: '/srv/gateway' }, false],
    ['an app in the root', { cwd: '/' }, false],
    ['an app in the home directory', { cwd: homedir() }, false],
    ['an app in a folder above, of which this one is another package', { cwd: dirname(here) }, false],
    ['an app whose package is around this one', { cwd: '/', folder: dirname(here) }, false],
    ['an app in a folder below', { cwd: join(here, 'apps'), folder: join(here, 'apps') }, false],
    ['an app whose folder was removed', { cwd: '' }, false],
    ['an app of a container with the same folder', { cwd: here, folder: here, host: 'f00dcafe' }, false],
    ['an app that was started here', { cwd: here, folder: '/srv/gateway' }, true],
    ['an app of this package that was started elsewhere', { cwd: '/', folder: here }, true],
  ])('reads from %s, and says so if that is another one', async (_name, app, isHere) => {
    const { stderr } = await talk(app, ['get', 'n']);
    expect(stderr.includes('Using the only running app: gateway (pid 42) in ')).toBe(!isHere);
    for (const more of [['--pid', '42'], ['--app', 'gateway'], ['--json']])
      expect((await talk(app, ['get', 'n', ...more])).stderr).not.toContain('Using');
  });

  it.each([
    ['reload', '', ''],
    ['rollback', '', ''],
    ['set', 'n', '2'],
    ['unset', 'n', ''],
    ['enable', '', ''],
    ['disable', '', ''],
  ])('refuses to change another app, without a terminal: %s %s %s', async (...args) => {
    const app = { cwd: '/srv/gateway', folder: '/srv/gateway' };
    const words = args.filter(Boolean);
    expect(await talk(app, words)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'hot-config: The only running app is gateway (pid 42) in /srv/gateway, which is not the app of this folder.\n' +
        'Choose it with --app gateway, or run the command in its folder.\n',
    });
    const inJson = await talk(app, [...words, '--json'], { terminal: true, answer: 'y\n' });
    expect(inJson.code).toBe(2);
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { code: 'OTHER_FOLDER' } });
    // The app of the test hangs up on those that it talks to.
    expect((await talk(app, [...words, '--app', 'gateway'])).stderr).toContain('The end');
    expect((await talk({ cwd: '/', folder: here }, words)).stderr).toContain('The end');
  });

  it('asks on a terminal before it changes another app', async () => {
    const app = { cwd: '/srv/gateway' };
    const answered = (answer: string) => talk(app, ['set', 'n', '2'], { terminal: true, answer });
    for (const answer of ['n\n', '\n', 'yesterday\n', '']) {
      const { code, stderr } = await answered(answer);
      expect({ answer, code }).toEqual({ answer, code: 1 });
      expect(stderr).toContain('gateway (pid 42) in /srv/gateway');
      expect(stderr).toContain('Change it? [y/N] ');
      expect(stderr).toContain('Nothing was changed.');
    }
    for (const answer of ['y\n', 'YES\n']) expect((await answered(answer)).stderr).toContain('The end');
  });

  it('uses the only one of several apps that runs in this folder', async () => {
    const { folder } = await fakeApp(
      `${JSON.stringify({ hello: { ...HELLO, app: { ...gateway, cwd: '/srv/gateway' } } })}\n`,
    );
    const control = { enabled: true, name: 'payments', socketDir: folder.path };
    await startApp({ n: 1 }, {}, { control });
    const { code, stdout } = await cli(['get', 'n', '--socket-dir', folder.path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n' });
  });

  it('takes no app whose folder was removed for one of this folder', async () => {
    const { folder } = await fakeApp(
      `${JSON.stringify({ hello: { ...HELLO, app: { ...gateway, cwd: '' } } })}\n`,
    );
    const control = { enabled: true, name: 'payments', socketDir: folder.path };
    await startApp({ n: 1 }, {}, { control });
    const { code, stdout } = await cli(['get', 'n', '--socket-dir', folder.path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n' });
  });

  it('says which of several apps run in this folder, or that none does', async () => {
    const socketDir = new TempFolder().file('run');
    const start = (name: string) => startApp({}, {}, { control: { enabled: true, name, socketDir } });
    await Promise.all([start('gateway'), start('payments')]);
    const here = await cli(['get', '--socket-dir', socketDir]);
    expect(here.stderr).toContain(`2 apps are running:\n  gateway  --pid ${process.pid}  `);
    expect(here.stderr).toContain(`${process.cwd()}  (this folder)\n`);
    vi.spyOn(process, 'cwd').mockReturnValue('/somewhere/else');
    onTestFinished(() => void vi.restoreAllMocks());
    const { code, stderr } = await cli(['get', '--socket-dir', socketDir]);
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^hot-config: 2 apps are running, none of them in this folder:\n {2}gateway {2}--pid/,
    );
    expect(stderr).not.toContain('(this folder)');
  });

  it('lists the apps in the usual directories, and how to reach them, if none is in the chosen one', async () => {
    const [usual, chosen] = [new TempFolder(), new TempFolder()];
    vi.stubEnv('XDG_RUNTIME_DIR', usual.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const socketDir = usual.file('hot-config');
    await startApp({}, {}, { control: { enabled: true, name: 'gateway', socketDir } });
    for (const command of ['get', 'apps']) {
      const { code, stderr } = await cli([command, '--socket-dir', chosen.path]);
      expect(code).toBe(3);
      expect(stderr).toContain(`No running app was found in ${chosen.path}. Apps that run elsewhere:\n`);
      expect(stderr).toContain(
        `  gateway  --pid ${process.pid}  ${process.cwd()}  (this folder)  --socket-dir ${socketDir}\n`,
      );
      expect(stderr).toContain('Choose one of them with --socket-dir DIR');
    }
  });
});

describe('The user of the command', () => {
  it('is the user who ran sudo, if sudo was used', () => {
    expect(callerIdentity({ SUDO_USER: 'ann', USER: 'root' })).toEqual({ user: 'ann', pid: process.pid });
    expect(callerIdentity({})).toEqual({ user: userInfo().username, pid: process.pid });
  });
});
