import { renameSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { file } from 'nestjs-hot-config';
import { failureOf, load } from '../support/loading.js';
import { useWorkspace, write } from '../support/workspace.js';

const disk = vi.hoisted(() => ({
  opened: [] as string[],
  /** Delays the opening of a file. */
  beforeOpen: async (_file: string): Promise<void> => undefined,
}));

vi.mock('../../../lib/sources/content/local-file-system.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../lib/sources/content/local-file-system.js')>();
  const fileSystemOf: typeof original.fileSystemOf = async (...args) => {
    const fileSystem = await original.fileSystemOf(...args);
    const open: typeof fileSystem.open = async (path, flags) => {
      const name = path.replace(`${process.cwd()}/`, '');
      await disk.beforeOpen(name);
      disk.opened.push(name);
      return fileSystem.open(path, flags);
    };
    return { ...fileSystem, open };
  };
  return { fileSystemOf };
});

function settledLater() {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Makes each file wait until all files after it were opened: the last one is opened first. */
function openInReverse(names: readonly string[]): void {
  const opened = new Map(names.map((name) => [name, settledLater()]));
  disk.beforeOpen = async (name) => {
    const next = names[names.indexOf(name) + 1];
    if (names.includes(name) && next !== undefined) await opened.get(next)?.promise;
    opened.get(name)?.resolve();
  };
}

describe('Imported files', () => {
  useWorkspace();

  beforeEach(() => {
    disk.opened.length = 0;
    disk.beforeOpen = async () => undefined;
  });

  it('are read several at a time, and merged in the order in which they are named', async () => {
    write('app.yaml', '$import: [a.yaml, b.yaml, c.yaml]');
    write('a.yaml', 'who: a\na: 1');
    write('b.yaml', 'who: b\nb: 1');
    write('c.yaml', 'who: c\nc: 1');
    const inOrder = await load(file('app.yaml'));
    openInReverse(['a.yaml', 'b.yaml', 'c.yaml']);
    const inReverse = await load(file('app.yaml'));
    expect(disk.opened.slice(-3)).toEqual(['c.yaml', 'b.yaml', 'a.yaml']);
    expect(inReverse.tree).toEqual({ who: 'c', a: 1, b: 1, c: 1 });
    expect(inReverse.hash).toBe(inOrder.hash);
  });

  it('are reported in that order if they cannot be used', async () => {
    write('app.yaml', '$import: [missing.yaml, bad.yaml, empty.yaml, also-missing.yaml]');
    write('bad.yaml', 'a: [');
    write('empty.yaml', '');
    const inOrder = await failureOf(file('app.yaml'));
    openInReverse(['bad.yaml', 'empty.yaml']);
    const { issues, revision } = await failureOf(file('app.yaml'));
    expect(issues).toEqual(inOrder.issues);
    expect(revision).toBe(inOrder.revision);
    expect(issues.map(({ message, origin }) => `${origin?.file} ${message}`)).toEqual([
      expect.stringContaining('app.yaml imports missing.yaml'),
      expect.stringContaining('bad.yaml '),
      expect.stringContaining('app.yaml imports empty.yaml'),
      expect.stringContaining('app.yaml imports also-missing.yaml'),
    ]);
  });

  it('are not opened if they are outside, by their path or through a link', async () => {
    write('conf/app.yaml', '$import: [../outside.yaml, link.yaml]');
    write('outside.yaml', 'a: 1');
    symlinkSync('../outside.yaml', 'conf/link.yaml');
    await failureOf(file('conf/app.yaml', { imports: { within: 'conf' } }));
    expect(disk.opened).toEqual(['conf/app.yaml']);
  });

  describe.skipIf(process.platform !== 'linux')('that are unchanged', () => {
    // The files of these tests are not old, but their times of change cannot be set.
    beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 }));
    afterEach(() => void vi.useRealTimers());

    it('are not read again', async () => {
      write('app.yaml', '$import: [a.yaml, b.yaml]');
      write('a.yaml', 'a: 1');
      write('b.yaml', 'b: 1');
      const source = file('app.yaml');
      const first = await load(source);
      disk.opened.length = 0;
      expect(await load(source, { known: [first] })).toBe(first);
      expect(disk.opened).toEqual(['app.yaml']);
      const before = statSync('b.yaml', { bigint: true }).ctimeNs;
      do write('b.yaml', 'b: 2');
      while (statSync('b.yaml', { bigint: true }).ctimeNs === before);
      disk.opened.length = 0;
      expect((await load(source, { known: [first] })).tree).toEqual({ a: 1, b: 2 });
      expect(disk.opened).toEqual(['app.yaml', 'b.yaml']);
    });

    it('are refused once the directory around them is a link that leads elsewhere', async () => {
      write('conf/app.yaml', '$import: sub/a.yaml');
      write('conf/sub/a.yaml', 'a: 1');
      const source = file('conf/app.yaml', { imports: { within: 'conf' } });
      expect((await load(source)).tree).toEqual({ a: 1 });
      renameSync('conf/sub', 'elsewhere');
      symlinkSync('../elsewhere', 'conf/sub');
      expect((await failureOf(source)).issues[0]?.message).toContain('which is outside');
    });
  });
});
