import 'reflect-metadata';
import { createServer, type Server } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

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
    expect(await deaf.run('reload', '--timeout', '100ms')).toMatchObject({ code: 5 });
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

describe('hot-config watch', () => {
  it('prints changes and rejections as they happen', async () => {
    const socketDir = new TempFolder().file('run');
    const { change, source, manager, app } = await startApp(
      { n: 1 },
      {},
      { control: { enabled: true, socketDir }, enabled: false },
    );
    const watching = startCli(['watch', '--socket-dir', socketDir], { terminal: true });
    const shown = () => stripVTControlCharacters(watching.stdout.text);
    await until('it watches', () =>
      watching.stderr.text.includes('Version 1 is in force. Sources are not watched.'),
    );
    await change({ n: 2 });
    await until('it is printed', () => /Version 2 applied .*\n.*\n~ +n +1 +2/.test(shown()));
    await manager.reload();
    await until('it is printed', () => shown().includes('Unchanged, still version 2'));
    source.set(new Error('unplugged'));
    await manager.reload();
    await until('it is printed', () =>
      /Rejected at collect, keeping version 2 .*\n.*unplugged/.test(shown()),
    );
    await app.close();
    expect(await watching.ended).toBe(5);
    expect(watching.stderr.text).toContain('The app closed the connection: the app shuts down.');
  });

  it('waits for an app that has stopped with --reconnect, and exits if several apps match', async () => {
    const socketDir = new TempFolder().file('run');
    const control = { enabled: true, name: 'gateway', socketDir };
    const { app } = await startApp({ n: 1 }, {}, { control });
    const watching = startCli(['watch', '--reconnect', '--app', 'gateway', '--socket-dir', socketDir]);
    await until('it watches', () => watching.stderr.text.includes('in force'));
    await app.close();
    await until('it waits', () => watching.stderr.text.includes('Waiting until it runs again'));
    await startApp({ n: 1 }, {}, { control });
    await until('it watches again', () => watching.stderr.text.split('is in force').length === 3);
    // Two apps have the name: the choice is not clear.
    const [second, third] = [
      await startApp({ n: 1 }, {}, { control }),
      await startApp({ n: 1 }, {}, { control }),
    ];
    expect((await cli(['status', '--app', 'gateway', '--socket-dir', socketDir])).code).toBe(4);
    const ambiguous = startCli(['watch', '--reconnect', '--app', 'gateway', '--socket-dir', socketDir]);
    expect(await ambiguous.ended).toBe(4);
    await Promise.all([second.app.close(), third.app.close()]);
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

describe('hot-config status', () => {
  it('shows every problem', async () => {
    const socketDir = new TempFolder().file('run');
    const { source, manager } = await startApp(
      { n: 1, port: 80 },
      {},
      { control: { enabled: true, socketDir }, enabled: false, restartRequired: ['port'] },
    );
    const status = () => cli(['status', '--socket-dir', socketDir], { terminal: true });
    source.set({ n: 2, port: 81 });
    await manager.reload();
    expect((await status()).stdout).toMatch(/Restart.* port has a new value that needs a restart/);
    source.set(new Error('unplugged'));
    await manager.reload();
    const { stdout } = await status();
    expect(stdout).toMatch(/Drift.*the newest content of the sources was rejected/);
    expect(stdout).toMatch(/Last error[\s\S]*unplugged/);
    expect((await cli(['explain', 'port', '--socket-dir', socketDir])).stdout).toMatch(/^Restart\t/m);
    expect((await cli(['plan', '--socket-dir', socketDir, '--json'])).code).toBe(1);
  });
});

describe('hot-config apps', () => {
  it('lists the apps as a table or as JSON', async () => {
    const socketDir = new TempFolder().file('run');
    await startApp({ n: 1 }, {}, { control: { enabled: true, name: 'gateway', socketDir } });
    expect((await cli(['apps', '--socket-dir', socketDir], { terminal: true })).stdout).toMatch(
      /name.*\n.*gateway/,
    );
    expect(JSON.parse((await cli(['apps', '--json', '--socket-dir', socketDir])).stdout)).toMatchObject([
      { name: 'gateway', pid: process.pid },
    ]);
  });
});
