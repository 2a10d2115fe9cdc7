import 'reflect-metadata';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ControlChannel } from '../../lib/control/control-channel.js';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { openChannel, portOf } from './open-channel.js';

describe('The socket of an app', () => {
  it('can be opened by its user only, in a directory of its user only', async () => {
    const { path, socketDir } = await openChannel();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(socketDir).mode & 0o777).toBe(0o700);
  });

  it('is removed when the app closes, and clients are notified', async () => {
    const { path, client, channel, socketDir } = await openChannel();
    const waiting = await client();
    waiting.request(1, 'watch');
    await waiting.message('event');
    await channel.close();
    expect(existsSync(path)).toBe(false);
    expect(await waiting.message('bye')).toEqual({ bye: 'the app shuts down' });
    expect(readdirSync(socketDir)).toEqual([]);
  });

  it('has a number in its name for the second app of a process', async () => {
    const { open, socketDir } = await openChannel();
    await open();
    expect(readdirSync(socketDir).sort()).toEqual([
      `gateway-${process.pid}-2.sock`,
      `gateway-${process.pid}.sock`,
    ]);
    expect((await cli(['--socket-dir', socketDir, 'status'])).code).toBe(4);
    expect((await cli(['--socket-dir', socketDir, '--app', `gateway-${process.pid}-2`, 'status'])).code).toBe(
      0,
    );
  });

  it('has the name of the app without the characters that a file name must not have', async () => {
    const { socketDir, open } = await openChannel({}, '../@acme/gate way');
    await open();
    expect(
      readdirSync(socketDir).every((name) => name.startsWith('acme-gate-way-') || name.startsWith('-acme')),
    ).toBe(true);
  });

  it('is not opened in a link, in a file or at a path that is too long: the app warns and runs without it', async () => {
    const app = await startApp({ n: 1 }, {}, { control: false });
    const folder = new TempFolder();
    mkdirSync(folder.file('elsewhere'));
    symlinkSync(folder.file('elsewhere'), folder.file('link'));
    writeFileSync(folder.file('file'), '');
    for (const [name, problem] of [
      ['link', 'symbolic link'],
      ['file', 'EEXIST'],
      ['x'.repeat(100), 'longer than 103 bytes'],
    ] as const) {
      const warnings: string[] = [];
      await ControlChannel.open({ socketDir: folder.file(name) }, portOf(app, warnings));
      expect(warnings).toEqual([expect.stringContaining(problem)]);
    }
    expect(readdirSync(folder.file('elsewhere'))).toEqual([]);
  });

  it('closes its directory to other users', async () => {
    const socketDir = new TempFolder().file('run');
    mkdirSync(socketDir);
    chmodSync(socketDir, 0o777);
    expect((await cli(['--socket-dir', socketDir, 'apps'])).code).toBe(3);
    await startApp({ n: 1 }, {}, { control: { enabled: true, socketDir } });
    expect(lstatSync(socketDir).mode & 0o777).toBe(0o700);
    expect((await cli(['--socket-dir', socketDir, 'apps'])).code).toBe(0);
  });
});

describe('A socket that cannot be created', () => {
  it('causes a warning with what to do, and the app runs without it', async () => {
    const folder = new TempFolder();
    const socketDir = join(folder.write('file', ''), 'run');
    const warnings: string[] = [];
    const logger = { log: () => {}, error: () => {}, warn: (line: string) => void warnings.push(line) };
    const { config } = await startApp({ n: 1 }, {}, { control: { enabled: true, socketDir }, logger });
    expect(config.get('n')).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Control channel: cannot open the socket; the app runs without it: ENOTDIR.*\. Set HOT_CONFIG_SOCKET_DIR or the option control\.socketDir to a directory that this user can write to$/,
      ),
    ]);
  });
});
