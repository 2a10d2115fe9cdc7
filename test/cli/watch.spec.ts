import 'reflect-metadata';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

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
