import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

async function start(env: Record<string, string>) {
  const folder = new TempFolder();
  folder.write('app.yaml', 'n: 1\n');
  const app = await ChildApp.run('sighup', folder.path, env);
  await until('it is ready', () => app.stdout.includes('ready'));
  folder.write('app.yaml', 'n: 2\n');
  app.process.kill('SIGHUP');
  return app;
}

describe.skipIf(process.platform === 'win32')('SIGHUP', () => {
  it('reloads if the option is set, also without watching, and keeps no process alive', async () => {
    const app = await start({ SIGHUP_RELOADS: '1' });
    await until('it is logged', () => app.stdout.includes('version 2 applied (manual: SIGHUP'));
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe(0);
  });

  it('reloads while the control channel waits for the end of the process too, to remove its socket', async () => {
    const sockets = new TempFolder();
    const app = await start({ SIGHUP_RELOADS: '1', CONTROL: '1', HOT_CONFIG_SOCKET_DIR: sockets.path });
    expect(readdirSync(sockets.path)).toHaveLength(1);
    await until('it is logged', () => app.stdout.includes('version 2 applied (manual: SIGHUP'));
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    expect(readdirSync(sockets.path)).toEqual([]);
  });

  it('belongs to the app if that listens to it', async () => {
    const app = await start({ SIGHUP_RELOADS: '1', OWN_LISTENER: '1' });
    await until('it is logged', () => app.stdout.includes('SIGHUP does not reload the configuration'));
    await until('the app is told', () => app.stdout.includes('own listener'));
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    expect(app.stdout).not.toContain('version 2');
  });

  it('ends the process without the option, as always', async () => {
    const app = await start({});
    expect(await app.ended).toBe('SIGHUP');
  });
});
