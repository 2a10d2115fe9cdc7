import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { directory, type ConfigSource, type FileWatch, type Layer } from 'nestjs-hot-config';
import { failureOf, load } from '../support/loading.js';
import { useWorkspace, write } from '../support/workspace.js';

/** What the file system does for the sources, and what they ask it for. */
const disk = vi.hoisted(() => ({
  opened: [] as string[],
  /** Called after a file was opened. */
  onOpen: (_file: string): void => undefined,
  /** Of statfs(2), if another one is pretended. */
  type: undefined as number | undefined,
  /** Files that were looked at, each time. */
  looked: [] as string[],
}));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const lstatSync = (...given: Parameters<typeof original.lstatSync>) => {
    disk.looked.push(String(given[0]).replace(`${process.cwd()}/`, ''));
    return original.lstatSync(...given);
  };
  return { ...original, lstatSync };
});

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const statfs = async (path: string) => {
    const stats = await original.statfs(path);
    return Object.assign(stats, { type: disk.type ?? stats.type });
  };
  return { ...original, statfs };
});

vi.mock('../../../lib/sources/content/local-file-system.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../lib/sources/content/local-file-system.js')>();
  const fileSystemOf: typeof original.fileSystemOf = async (...args) => {
    const fileSystem = await original.fileSystemOf(...args);
    const open: typeof fileSystem.open = async (path, flags) => {
      const file = await fileSystem.open(path, flags);
      const name = path.replace(`${process.cwd()}/`, '');
      disk.opened.push(name);
      disk.onOpen(name);
      return file;
    };
    return { ...fileSystem, open };
  };
  return { fileSystemOf };
});

const NFS = 0x6969;

/** Other systems are asked for each file again: see docs/decisions/0017. */
describe.skipIf(process.platform !== 'linux')('An unchanged file of a directory', () => {
  useWorkspace();

  beforeEach(() => {
    disk.onOpen = () => undefined;
    disk.type = undefined;
    // The files of these tests are not old, but their times of change cannot be set.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
  });

  afterEach(() => vi.useRealTimers());

  /** Returns the files that a function makes the sources read, in the order of their names. */
  async function readBy(action: () => Promise<unknown>): Promise<string[]> {
    disk.opened.length = 0;
    await action();
    return [...new Set(disk.opened)].toSorted();
  }

  /** Writes other content of the same size, until the clock of the file system is at another time. */
  function edit(path: string, content: string): void {
    const before = statSync(path, { bigint: true }).ctimeNs;
    do write(path, content);
    while (statSync(path, { bigint: true }).ctimeNs === before);
  }

  it('is read once, however often the directory is', async () => {
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":1}');
    const source = directory('m');
    const first = await load(source);
    expect(disk.opened.toSorted()).toEqual(['m/a.json', 'm/b.json']);
    expect(await readBy(async () => expect(await load(source, { known: [first] })).toBe(first))).toEqual([]);
    edit('m/b.json', '{"v":2}');
    write('m/c.json', '{"v":3}');
    const second = await readBy(async () =>
      expect((await load(source, { known: [first] })).tree).toEqual({
        a: { v: 1 },
        b: { v: 2 },
        c: { v: 3 },
      }),
    );
    expect(second).toEqual(['m/b.json', 'm/c.json']);
  });

  it('is read again if it had just been changed: its times are too coarse to show another change', async () => {
    write('m/a.json', '{"v":1}');
    vi.setSystemTime(statSync('m/a.json').ctime);
    const source = directory('m');
    const first = await load(source);
    expect(await readBy(() => load(source, { known: [first] }))).toEqual(['m/a.json']);
  });

  it('is not taken for one of the same size whose time was set back', async () => {
    write('m/a.json', '{"v":1}');
    const { atime, mtime } = statSync('m/a.json');
    const source = directory('m');
    const first = await load(source);
    edit('m/a.json', '{"v":2}');
    utimesSync('m/a.json', atime, mtime);
    expect((await load(source, { known: [first] })).tree).toEqual({ a: { v: 2 } });
  });

  it('is not taken for one that was moved to its place', async () => {
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":2}');
    const source = directory('m');
    const first = await load(source);
    renameSync('m/a.json', 'm/c.json');
    renameSync('m/b.json', 'm/a.json');
    renameSync('m/c.json', 'm/b.json');
    expect((await load(source, { known: [first] })).tree).toEqual({ a: { v: 2 }, b: { v: 1 } });
  });

  it('is read with the others if it changes while they are read', async () => {
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":1}');
    const source = directory('m');
    const first = await load(source);
    edit('m/b.json', '{"v":2}');
    disk.onOpen = (name) => {
      if (name !== 'm/b.json') return;
      disk.onOpen = () => undefined;
      edit('m/a.json', '{"v":2}');
    };
    expect((await load(source, { known: [first] })).tree).toEqual({ a: { v: 2 }, b: { v: 2 } });
  });

  /** Watches a source. Returns a function that says that these files have changed. */
  async function watchOf(source: ConfigSource): Promise<(files: readonly string[]) => void> {
    let settled: ((files?: readonly string[]) => void) | undefined;
    const files: FileWatch = {
      watch: (_target, onSettled) => {
        settled = onSettled;
        return { close: () => undefined };
      },
    };
    const unexpected = () => expect.unreachable();
    await source.watch?.({ files, changed: () => undefined, failed: unexpected, recovered: unexpected });
    return (names) => settled?.(names);
  }

  describe('beside one that the watch has named', () => {
    let source: ConfigSource;
    let first: Layer;
    let name: (files: readonly string[]) => void;

    beforeEach(async () => {
      write('m/a.json', '{"v":1}');
      write('m/b.json', '{"v":1}');
      source = directory('m');
      name = await watchOf(source);
      first = await load(source);
      disk.looked.length = 0;
    });

    const reloaded = async () => (await load(source, { known: [first] })).tree;

    it('is looked at once', async () => {
      edit('m/b.json', '{"v":2}');
      name(['b.json']);
      expect(await reloaded()).toEqual({ a: { v: 1 }, b: { v: 2 } });
      expect(disk.looked.filter((file) => file === 'm/a.json')).toHaveLength(1);
    });

    it('is not taken for one that has changed too, or while that was read', async () => {
      edit('m/b.json', '{"v":2}');
      edit('m/a.json', '{"v":2}');
      name(['b.json', 'none.json']);
      expect(await reloaded()).toEqual({ a: { v: 2 }, b: { v: 2 } });
      edit('m/b.json', '{"v":3}');
      name(['b.json']);
      disk.onOpen = (opened) => {
        if (opened !== 'm/b.json') return;
        disk.onOpen = () => undefined;
        edit('m/a.json', '{"v":3}');
      };
      expect(await reloaded()).toEqual({ a: { v: 3 }, b: { v: 3 } });
    });

    it('stays if that one is gone, or cannot be read', async () => {
      rmSync('m/b.json');
      name(['b.json']);
      expect((await load(source, { known: [first], final: true })).tree).toEqual({ a: { v: 1 } });
      write('m/b.json', '{"v":1}');
      await load(source);
      rmSync('m/b.json');
      symlinkSync('missing.json', 'm/b.json');
      name(['b.json']);
      const { issues } = await failureOf(source);
      expect(issues.map(({ origin }) => origin?.file)).toEqual(['m/b.json']);
    });
  });

  it('counts for the limits as one that is read', async () => {
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":1}');
    const source = directory('m');
    await load(source);
    const { issues } = await failureOf(source, { limits: { maxTotalSize: 10 } });
    expect(issues[0]?.message).toContain('limit maxTotalSize');
  });

  it('is reported again if it cannot be used', async () => {
    write('m/a.json', '{"v":');
    const source = directory('m');
    const { issues } = await failureOf(source);
    expect((await failureOf(source)).issues).toEqual(issues);
  });

  it('is read each time on a network file system, whose answers may be out of date', async () => {
    disk.type = NFS;
    write('m/a.json', '{"v":1}');
    const source = directory('m');
    const first = await load(source);
    expect(await readBy(() => load(source, { known: [first] }))).toEqual(['m/a.json']);
  });

  it('is read each time through a link', async () => {
    write('m/.data/a.json', '{"v":1}');
    symlinkSync('.data/a.json', 'm/a.json');
    const source = directory('m');
    const first = await load(source);
    expect(await readBy(() => load(source, { known: [first] }))).toEqual(['m/a.json']);
  });

  it('is refused once the directory around it is a link that leads elsewhere', async () => {
    write('m/sub/a.json', '{"v":1}');
    write('m/manifest.yaml', 'modules: { a: sub/a.json }');
    const source = directory('m', { manifest: 'manifest.yaml' });
    expect((await load(source)).tree).toEqual({ a: { v: 1 } });
    mkdirSync('elsewhere');
    renameSync('m/sub', 'elsewhere/sub');
    symlinkSync('../elsewhere/sub', 'm/sub');
    expect((await failureOf(source)).issues[0]?.message).toContain('which is outside');
    rmSync('m/sub');
    renameSync('elsewhere/sub', 'm/sub');
    expect((await load(source)).tree).toEqual({ a: { v: 1 } });
  });
});
