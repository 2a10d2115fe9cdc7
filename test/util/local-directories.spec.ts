import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalDevices, LocalDirectories } from '../../lib/util/local-directories.js';

/** Directories that were read, and the type that statfs(2) pretends. */
const disk = vi.hoisted(() => ({ read: [] as string[], type: undefined as number | undefined }));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const opendirSync: typeof original.opendirSync = (path, options) => {
    disk.read.push(String(path));
    return original.opendirSync(path, options);
  };
  return { ...original, opendirSync };
});

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const opendir: typeof original.opendir = (path, options) => {
    disk.read.push(String(path));
    return original.opendir(path, options);
  };
  const statfs = async (path: string) => {
    const stats = await original.statfs(path);
    return Object.assign(stats, { type: disk.type ?? stats.type });
  };
  return { ...original, opendir, statfs };
});

const NFS = 0x6969;

/** Other systems are asked each time: see docs/decisions/0017. */
describe.skipIf(process.platform !== 'linux')('The entries of a local directory', () => {
  let root: string;
  let last: LocalDirectories | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'hot-config-'));
    for (const name of ['a', 'b']) writeFileSync(join(root, name), '1');
    last = undefined;
    Object.assign(disk, { read: [], type: undefined });
    // The directories of these tests are not old, but their times of change cannot be set.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  });

  afterEach(() => {
    vi.useRealTimers();
    rmSync(root, { recursive: true });
  });

  /** Lists the directory as another load does. */
  async function list(options: { atMost?: number; isLookedAt?: boolean } = {}): Promise<string[]> {
    const { atMost = Infinity, isLookedAt = true } = options;
    last = new LocalDirectories(last);
    const names: string[] = [];
    const visit = ({ name }: { name: string }): boolean => names.push(name) < atMost;
    await last.eachEntry(root, visit, isLookedAt ? statSync(root, { bigint: true }) : undefined);
    return names.toSorted();
  }

  it('are read once, while it is unchanged', async () => {
    for (let time = 0; time < 3; time += 1) expect(await list()).toEqual(['a', 'b']);
    expect(disk.read).toEqual([root]);
    expect(await list({ atMost: 1 })).toHaveLength(1);
  });

  it.each([
    ['added', () => writeFileSync(join(root, 'c'), '1'), ['a', 'b', 'c']],
    ['removed', () => rmSync(join(root, 'b')), ['a']],
    ['renamed', () => renameSync(join(root, 'b'), join(root, 'd')), ['a', 'd']],
    ['replaced', () => renameSync(join(root, 'b'), join(root, 'a')), ['a']],
  ])('are read again after one was %s', async (_what, change, expected) => {
    await list();
    const before = statSync(root, { bigint: true }).ctimeNs;
    change();
    // The clock of the file system is coarse.
    while (statSync(root, { bigint: true }).ctimeNs === before) {
      mkdirSync(join(root, 'x'));
      rmSync(join(root, 'x'), { recursive: true });
    }
    expect(await list()).toEqual(expected);
    expect(disk.read).toEqual([root, root]);
  });

  it('are read again if it had just changed: its times are too coarse to show another change', async () => {
    vi.setSystemTime(statSync(root).ctime);
    await list();
    await list();
    expect(disk.read).toEqual([root, root]);
  });

  it('are not kept for another directory, which a link leads to since it was looked at', async () => {
    for (const release of ['1', '2']) {
      mkdirSync(join(root, release));
      writeFileSync(join(root, release, `of-${release}`), '1');
    }
    const current = join(root, 'current');
    const switchTo = (release: string) => {
      rmSync(current, { force: true });
      symlinkSync(release, current);
    };
    const namesIn = async (local: LocalDirectories, stats: BigIntStats) => {
      const names: string[] = [];
      await local.eachEntry(current, ({ name }) => names.push(name) > 0, stats);
      return names;
    };
    switchTo('1');
    const stats = statSync(current, { bigint: true });
    switchTo('2');
    const first = new LocalDirectories();
    expect(await namesIn(first, stats)).toEqual(['of-2']);
    switchTo('1');
    expect(await namesIn(new LocalDirectories(first), stats)).toEqual(['of-1']);
  });

  it('are not kept if it is gone after it was read', async () => {
    last = new LocalDirectories();
    const names: string[] = [];
    const visit = ({ name }: { name: string }): boolean => {
      if (names.push(name) === 2) renameSync(root, `${root}-moved`);
      return true;
    };
    await last.eachEntry(root, visit, statSync(root, { bigint: true }));
    renameSync(`${root}-moved`, root);
    expect(names).toHaveLength(2);
    await list();
    expect(disk.read).toEqual([root, root]);
  });

  it.each([
    ['not all were', { atMost: 1 }],
    ['it was not looked at', { isLookedAt: false }],
  ])('are read again if %s', async (_reason, options) => {
    await list(options);
    await list(options);
    expect(disk.read).toEqual([root, root]);
  });

  it('are read each time on a network file system, whose times may be out of date', async () => {
    disk.type = NFS;
    await list();
    expect(await list()).toEqual(['a', 'b']);
    expect(disk.read).toEqual([root, root]);
  });

  it('are not known of a directory that is gone', async () => {
    const local = new LocalDirectories();
    expect(await local.deviceOf(join(root, 'none'))).toBeUndefined();
    await expect(local.eachEntry(join(root, 'none'), () => true, undefined)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(process.platform !== 'linux')('A device', () => {
  it('is asked again after the directory that it was asked for is gone', async () => {
    disk.type = undefined;
    const root = mkdtempSync(join(tmpdir(), 'hot-config-'));
    const { dev } = statSync(root, { bigint: true });
    const devices = new LocalDevices();
    expect(await devices.has(dev, join(root, 'gone'))).toBe(false);
    expect(await devices.has(dev, root)).toBe(true);
    rmSync(root, { recursive: true });
  });
});

describe.skipIf(process.platform !== 'linux')('A file in a local directory', () => {
  it('is not looked at synchronously if it is mounted on its own: it may be on a server', () => {
    const local = new LocalDirectories();
    expect(local.fileStats('/proc')).toBeUndefined();
    expect(local.fileStats('/usr')?.isFile()).toBe(false);
    expect([local.isMounted('/proc'), local.isMounted('/usr')]).toEqual([true, false]);
  });
});
