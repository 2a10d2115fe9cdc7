import 'reflect-metadata';
import { chmodSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { file } from 'nestjs-hot-config';
import { stored } from 'nestjs-hot-config/remote';
import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { describe, expect, it } from 'vitest';
import { checkApp } from '../../lib/cli/doctor/app.check.js';
import { checkFile } from '../../lib/cli/doctor/file.check.js';
import { checkInotify } from '../../lib/cli/doctor/inotify.check.js';
import { checkMachine } from '../../lib/cli/doctor/machine.check.js';
import { mountAt, parseMounts } from '../../lib/cli/doctor/mounts-without-events.js';
import type { StatusResponse } from '../../lib/cli/output/status-problems.js';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const MOUNTS = parseMounts(
  [
    '20 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '21 20 0:21 / /mnt/shared\\040files rw - nfs4 server:/export rw',
    '22 20 0:22 /app.yaml /app/config/app.yaml rw - ext4 /dev/sda1 rw',
    '23 20 0:23 / /mnt/host rw - fuse.sshfs host:/ rw',
    '24 20 0:24 / /mnt/disk rw - fuseblk /dev/sdb1 rw',
    '',
  ].join('\n'),
);

describe('hot-config doctor', () => {
  it('finds no problem with an app and its files', async () => {
    const folder = new TempFolder();
    const file = folder.write('app.yaml', 'n: 1\n');
    const socketDir = folder.file('run');
    await startApp({}, {}, { files: [file], control: { enabled: true, name: 'gateway', socketDir } });
    const { code, stdout } = await cli(['doctor', '--socket-dir', socketDir]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok\tnode\tv/);
    expect(stdout).toContain('ok\tapp gateway\truns version 1\t\n');
    expect(stdout).toContain(`ok\t${file}\tcan be read\t\n`);
    const { stdout: shown } = await cli(['doctor', '--socket-dir', socketDir], { terminal: true });
    expect(shown).toContain(`${file}: can be read`);
  });

  it('exits with 1 if something does not work, and prints what to do, even without an app', async () => {
    const folder = new TempFolder();
    const { code, stdout } = await cli(['doctor', folder.file('none.yaml'), '--socket-dir', folder.path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail\t.*none\.yaml\tcannot be read: ENOENT.*\tCheck the path/m);
    const alone = await cli(['doctor', '--socket-dir', folder.path, '--json']);
    expect(alone.code).toBe(0);
    expect(JSON.parse(alone.stdout)).toContainEqual(expect.objectContaining({ check: 'app', state: 'warn' }));
    expect((await cli(['doctor', '--app', 'gateway', '--socket-dir', folder.path])).code).toBe(0);
  });
});

describe('The check of a file', () => {
  const states = (path: string, mounts = MOUNTS) =>
    checkFile(path, mounts, false).map(({ state, text }) => [state, text]);

  it('follows its links', () => {
    const folder = new TempFolder();
    mkdirSync(folder.file('data'));
    const file = folder.write('data/app.yaml', 'n: 1\n');
    symlinkSync('data', folder.file('now'));
    symlinkSync('now/app.yaml', folder.file('app.yaml'));
    expect(states(folder.file('app.yaml'))).toEqual([
      ['ok', `can be read, through a link to ${folder.file('now/app.yaml')}`],
    ]);
    expect(states(file)).toEqual([['ok', 'can be read']]);
  });

  it('warns if all users can write to it, or if its modification time is in the future', () => {
    const folder = new TempFolder();
    const file = folder.write('app.yaml', 'n: 1\n');
    chmodSync(file, 0o666);
    expect(states(file)).toEqual([['warn', 'can be read, and all users can write to it']]);
    chmodSync(file, 0o600);
    utimesSync(file, Date.now() / 1_000, Date.now() / 1_000 + 600);
    expect(states(file)[1]![1]).toMatch(/^has a modification time (599|600) s in the future$/);
  });

  it('accepts a missing file that a running app watches, as the app itself reports what it needs', async () => {
    const folder = new TempFolder();
    expect(checkFile(folder.file('.env'), MOUNTS, false, true)).toEqual([
      { check: folder.file('.env'), state: 'ok', text: 'does not exist; the app reads it when it appears' },
    ]);
    symlinkSync('nowhere', folder.file('link.env'));
    expect(checkFile(folder.file('link.env'), MOUNTS, false, true)).toMatchObject([{ state: 'fail' }]);
    const socketDir = folder.file('run');
    const files = [file(folder.file('local.yaml'), { optional: true })];
    await startApp({}, {}, { sources: files, control: { enabled: true, socketDir } });
    const { code, stdout } = await cli(['doctor', '--socket-dir', socketDir]);
    expect(stdout).toContain('local.yaml\tdoes not exist; the app reads it when it appears');
    expect(code).toBe(0);
  });

  it('uses the mount that contains the file', () => {
    const typeAt = (path: string) => mountAt(path, MOUNTS)?.type;
    expect(typeAt('/app/config/other.yaml')).toBe('ext4');
    expect(typeAt('/mnt/shared files/app.yaml')).toBe('nfs4');
    expect(typeAt('/mnt/shared files2/app.yaml')).toBe('ext4');
  });

  it('warns if its mount sends no events, or if it is mounted by itself', () => {
    const folder = new TempFolder();
    const file = folder.write('app.yaml', 'n: 1\n');
    const mounted = (type: string, point = folder.path) => [...MOUNTS, { point, type }];
    expect(states(file, mounted('nfs4'))[1]).toEqual([
      'warn',
      'is on nfs4, which sends no events for changes by other machines',
    ]);
    expect(checkFile(file, mounted('9p'), true)[1]).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('it is polled'),
    });
    expect(states(file, mounted('fuseblk'))).toHaveLength(1);
    expect(states(file, mounted('ext4', file))[1]).toEqual(['warn', 'is mounted by itself']);
    expect(states(file, [])).toHaveLength(1);
  });
});

describe('The check of the inotify limits', () => {
  /** A small /proc in which one process has three watches. */
  function proc(instances: number, watches: number): string {
    const folder = new TempFolder();
    for (const path of ['sys/fs/inotify', '42/fd', '42/fdinfo'])
      mkdirSync(folder.file(path), { recursive: true });
    folder.write('sys/fs/inotify/max_user_instances', `${instances}\n`);
    folder.write('sys/fs/inotify/max_user_watches', `${watches}\n`);
    symlinkSync('anon_inode:inotify', folder.file('42/fd/7'));
    symlinkSync('/dev/null', folder.file('42/fd/8'));
    folder.write('42/fdinfo/7', 'pos:\t0\ninotify wd:1 ino:2\ninotify wd:2 ino:3\ninotify wd:3 ino:4\n');
    return folder.path;
  }

  it.each([
    [100, 'ok'],
    [3, 'fail'],
  ])('counts the used watches (of %i)', (max, state) => {
    expect(checkInotify(proc(128, max))).toMatchObject([
      {
        check: 'inotify watches',
        state,
        text: `3 of ${max} used by the processes that this user can inspect`,
      },
      { check: 'inotify instances', state: 'ok', text: expect.stringMatching(/^1 of 128/) },
    ]);
  });

  it('is skipped on a system without inotify', () => {
    expect(checkInotify(new TempFolder().path)).toEqual([]);
  });
});

describe('The check of the machine', () => {
  it('finds a socket directory that is open to other users, and a variable that turns watching off', () => {
    const folder = new TempFolder();
    chmodSync(folder.path, 0o777);
    const found = checkMachine({ HOT_CONFIG_SOCKET_DIR: folder.path, HOT_RELOAD_ENABLED: 'false' });
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'socket directory',
        state: 'fail',
        text: expect.stringContaining('777'),
      }),
    );
    expect(found).toContainEqual(expect.objectContaining({ check: 'HOT_RELOAD_ENABLED', state: 'warn' }));
    expect(checkMachine({ HOT_CONFIG_SOCKET_DIR: folder.file('none') })).toContainEqual(
      expect.objectContaining({ state: 'ok', text: expect.stringContaining('the first app creates it') }),
    );
  });
});

describe('The check of an app', () => {
  it('has a finding for each problem, and for watching, missed events and restarts', async () => {
    const { manager } = await startApp({ n: 1 }, {}, { enabled: false });
    const status = {
      ...(JSON.parse(JSON.stringify(manager.status())) as StatusResponse),
      app: { name: 'gateway' } as StatusResponse['app'],
    };
    expect(checkApp(status).map(({ state }) => state)).toEqual(['ok', 'warn']);
    const broken: StatusResponse = {
      ...status,
      problems: [
        { kind: 'rolled_back', message: 'Rolled back from the content of a' },
        { kind: 'source_down', message: 'Sources that are down: remote' },
      ],
      missedEvents: 2,
      pollingFiles: ['a'],
      pendingRestart: ['port'],
      watching: true,
    };
    expect(checkApp(broken).map(({ state, text }) => `${state} ${text}`)).toEqual([
      'fail Rolled back from the content of a; reload --force applies it again',
      'fail Sources that are down: remote',
      'warn 2 changes found by polling, because no event arrived',
      'ok polls 1 file',
      'warn new values need a restart: port',
    ]);
  });

  it('says of each source over a network whether it answers, and why not', async () => {
    const store = memoryStore();
    await store.put('app.yaml', 'n: 1');
    const source = stored(store, 'app.yaml', { interval: 20 });
    const { manager } = await startApp({}, {}, { sources: [source] });
    const findings = () => {
      const status = JSON.parse(JSON.stringify(manager.status())) as StatusResponse;
      return checkApp({ ...status, app: { name: 'gateway' } as StatusResponse['app'] });
    };
    expect(findings()).toContainEqual({
      check: 'source memory/app.yaml',
      state: 'ok',
      text: expect.stringMatching(/^answered .+ ago; 0 of \d+ requests? failed$/),
    });
    store.stop();
    await until('it is stale', () => manager.status().sources[0]?.health === 'stale');
    expect(findings()).toContainEqual({
      check: 'source memory/app.yaml',
      state: 'fail',
      text: expect.stringMatching(
        /^is stale: its watch failed: memory is stopped; it answered .+ ago; [1-9]/,
      ),
      next: expect.stringContaining('hot-config reload'),
    });
  });
});
