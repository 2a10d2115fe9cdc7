import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify, stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { isMissing } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** Creates a folder with a configuration file and a socket directory. */
function place() {
  const folder = new TempFolder();
  folder.write('app.yaml', 'n: 1\napi_key: sk-1234\n');
  const env = { HOT_CONFIG_SOCKET_DIR: folder.file('run') };
  const start = async (extra: Record<string, string> = {}) => {
    const app = await ChildApp.run('controlled', folder.path, { ...env, ...extra });
    await until('the app is up', () => app.stdout.includes('ready at '));
    const url = /ready at (\S+)/.exec(app.stdout)![1]!;
    return {
      app,
      pid: app.process.pid!,
      n: async () => ((await (await fetch(url)).json()) as { n: number }).n,
    };
  };
  /** Runs the command in pipes. */
  const script = async (...args: string[]) => {
    const command = await ChildApp.command(args, folder.path, { env });
    return { code: await command.ended, stdout: command.stdout, stderr: command.stderr };
  };
  /** Runs the command on a terminal. */
  const person = async (args: string[], extra: Record<string, string | undefined> = {}) => {
    const command = await ChildApp.command(args, folder.path, { env: { ...env, ...extra }, typed: true });
    return { code: await command.ended, shown: command.stdout };
  };
  const follow = (args: string[]) => ChildApp.command(['watch', ...args], folder.path, { env });
  return { folder, env, start, script, person, follow, sockets: () => readdirSync(folder.file('run')) };
}

describe('The hot-config command, with a running app', () => {
  it.skipIf(isMissing('script'))('prints lines in a pipe, and tables on a terminal', async () => {
    const { start, script, person } = place();
    const { n } = await start();
    expect(await script('get', 'n')).toEqual({ code: 0, stdout: '1\n', stderr: '' });
    expect((await script('set', 'n', '2', '--reason', 'because')).code).toBe(0);
    expect(await n()).toBe(2);
    const { code, shown } = await person(['history'], { NO_COLOR: '1' });
    expect(code).toBe(0);
    expect(shown).toMatch(/^version +time +cause .*\r\n2 .* override .* because +current\r\n1 .* boot /);
    expect(await person(['get', 'nothing'])).toMatchObject({
      code: 1,
      shown: expect.stringContaining('no value'),
    });
  });

  it.skipIf(isMissing('script'))('has colours on a terminal, unless NO_COLOR is set', async () => {
    const { start, script, person } = place();
    await start();
    const isColoured = async (env: Record<string, string | undefined>) => {
      const { shown } = await person(['history'], env);
      return stripVTControlCharacters(shown) !== shown;
    };
    expect(await isColoured({ NO_COLOR: undefined })).toBe(true);
    expect(await isColoured({ NO_COLOR: '1' })).toBe(false);
    expect((await script('history')).stdout).toMatch(/^1\t/);
  });

  it('watches reloads until Ctrl-C, or until the app is killed', async () => {
    const { folder, start, follow } = place();
    const { app } = await start();
    const [first, second] = await Promise.all([follow([]), follow(['--json'])]);
    await until('both watch', () => first.stderr.includes('in force') && second.stdout.includes('version'));
    folder.replace('app.yaml', 'n: 2\napi_key: sk-9999\n');
    await until(
      'both print the reload',
      () => first.stdout.includes('applied\t2\tfile') && second.stdout.includes('"applied"'),
    );
    folder.replace('app.yaml', 'n: [2\n');
    await until(
      'both print the rejection',
      () => /rejected\t2\tfile\t.*app\.yaml:/.test(first.stdout) && second.stdout.includes('"rejected"'),
    );
    expect(second.stdout).not.toMatch(/sk-(1234|9999)/);
    first.process.kill('SIGINT');
    expect(await first.ended).toBe('SIGINT');
    expect(first.stderr.split('\n')).toHaveLength(2);
    app.process.kill('SIGKILL');
    expect(await second.ended).toBe(5);
    expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
  });

  it('waits for an app that restarts', async () => {
    const { start, script, follow } = place();
    const before = await start();
    const watching = await follow(['--reconnect']);
    await until('it watches', () => watching.stderr.includes('in force'));
    before.app.process.kill('SIGTERM');
    await before.app.ended;
    const waiting = script('get', 'n', '--wait', '20s');
    await until('it waits', () => watching.stderr.includes('Waiting until it runs again'));
    await start();
    expect(await waiting).toMatchObject({ code: 0, stdout: '1\n' });
    await until('it watches again', () => watching.stderr.split('is in force').length === 3);
  });

  it('exits without an error if its reader closes the pipe', async () => {
    const { start, folder, env } = place();
    await start();
    const many = Array.from({ length: 20_000 }, (_, index) => `key_${index}: ${index}`).join('\n');
    folder.replace('app.yaml', `n: 1\n${many}\n`);
    const command = await ChildApp.command(['get', '--wait', '5s'], folder.path, { env });
    command.process.stdout!.once('data', () => command.process.stdout!.destroy());
    await command.ended;
    expect(command.stderr).toBe('');
  });

  it.skipIf(isMissing('sh', 'mkdir', 'rmdir'))(
    'reports output that cannot be written, and a working directory that is removed',
    async () => {
      const { start, folder, env } = place();
      await start();
      const command = `'${process.execPath}' '${await ChildApp.commandFile()}'`;
      const shell = promisify(execFile);
      const run = (line: string) =>
        shell('sh', ['-c', line], { cwd: folder.path, env: { ...process.env, ...env } }).then(
          () => ({ code: 0, stderr: '' }),
          ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
        );
      // Short output is refused when the command has already ended, longer output while it runs.
      for (const args of ['get', '--version', '--help', 'completion bash']) {
        expect(await run(`${command} ${args} > /dev/full`), args).toMatchObject({
          code: 70,
          stderr: expect.stringMatching(/^hot-config: Cannot write the output: .*space.*\n$/),
        });
      }
      expect(await run(`mkdir gone; cd gone; rmdir ../gone; ${command} validate app.yaml`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('The working directory does not exist any more.'),
      });
      // Without stderr, the exit code still has the result.
      expect((await run(`${command} get nothing 2>&-`)).code).toBe(1);
    },
  );

  it('reports an app that is busy after a timeout', async () => {
    const { start, script } = place();
    const { app, n } = await start();
    // A stopped process does not respond, like a busy one.
    app.process.kill('SIGSTOP');
    const { code, stderr } = await script('status', '--timeout', '200ms');
    expect(code).toBe(5);
    expect(stderr).toMatch(/did not respond within 0\.2 s\.\nIt may be busy/);
    app.process.kill('SIGCONT');
    expect(await n()).toBe(1);
  });
});

describe('The hot-config command, with several apps', () => {
  it('requests a choice by name or process id', async () => {
    const { start, script } = place();
    const [one, two] = await Promise.all([start(), start({ NAME: 'payments' })]);
    const asked = await script('status');
    expect(asked.code).toBe(4);
    expect(asked.stderr).toContain(`gateway  --pid ${one.pid}`);
    expect(asked.stderr).toContain(`payments  --pid ${two.pid}`);
    expect(asked.stderr).toContain('Choose one with --app NAME or --pid PID.');
    expect((await script('set', 'n', '7', '--app', 'payments')).code).toBe(0);
    expect(await Promise.all([one.n(), two.n()])).toEqual([1, 7]);
    expect((await script('get', 'n', '--pid', String(two.pid))).stdout).toBe('7\n');
    expect(await script('get', 'n', '--app', 'other')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('payments'),
    });
    expect((await script('apps')).stdout.split('\n')).toHaveLength(3);
  });
});

describe('The hot-config command, without an app', () => {
  it('reports it, and prints what to do', async () => {
    const { script } = place();
    const { code, stderr } = await script('status');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^hot-config: No running app was found/);
    expect(JSON.parse((await script('status', '--json')).stderr)).toMatchObject({
      error: { code: 'NO_APP' },
    });
  });

  it('reports it after the app was killed, whose socket is left', async () => {
    const { start, script, sockets } = place();
    const { app } = await start();
    app.process.kill('SIGKILL');
    await app.ended;
    expect(sockets()).toHaveLength(1);
    expect((await script('status')).code).toBe(3);
  });
});

describe('An app with a control channel', () => {
  it.each<[string, NodeJS.Signals, Record<string, string>]>([
    ['is terminated', 'SIGTERM', {}],
    ['is interrupted by Ctrl-C', 'SIGINT', {}],
    ['runs its shutdown hooks', 'SIGTERM', { HOOKS: '1' }],
  ])('removes its socket if it %s, and still exits with the signal', async (_how, signal, env) => {
    const { start, sockets } = place();
    const { app } = await start(env);
    expect(sockets()).toHaveLength(1);
    app.process.kill(signal);
    expect(await app.ended).toBe(signal);
    expect(sockets()).toEqual([]);
  });

  it('removes its socket if it exits without a signal', async () => {
    const { folder, env, sockets } = place();
    const app = await ChildApp.run('controlled', folder.path, { ...env, EXIT: '1' });
    expect(await app.ended).toBe(0);
    expect(sockets()).toEqual([]);
  });

  it('continues to serve while clients flood its socket', async () => {
    const { start, script, folder, sockets } = place();
    const { n } = await start();
    const { RawClient } = await import('../control/raw-client.js');
    const path = folder.file(`run/${sockets()[0]}`);
    const crowd = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(path)));
    crowd.forEach((client, index) => {
      if (index % 3 === 0) client.send('x'.repeat(300_000));
      else if (index % 3 === 1) client.send('{"id":');
      else client.send('nonsense\n');
    });
    expect(await n()).toBe(1);
    for (const { socket } of crowd) socket.destroy();
    await until('the command is served again', async () => (await script('get', 'n')).code === 0);
    expect(await n()).toBe(1);
  });
});
