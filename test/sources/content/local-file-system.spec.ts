import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { fileSystemOf } from '../../../lib/sources/content/local-file-system.js';
import { haveStamps } from '../../../lib/sources/content/local-stamps.js';
import { fileStamp, readStableFile } from '../../../lib/sources/content/read-stable-file.js';
import { LocalDirectories } from '../../../lib/util/local-directories.js';
import { useWorkspace, write } from '../support/workspace.js';

const pool = vi.hoisted(() => ({ opened: [] as string[] }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof original.open = async (path, ...rest) => {
    pool.opened.push(String(path));
    return original.open(path, ...rest);
  };
  return { ...original, open };
});

async function readLocally(name: string, maxSize = 100) {
  pool.opened.length = 0;
  const path = resolve(name);
  return readStableFile(path, maxSize, undefined, await fileSystemOf(path, new LocalDirectories()));
}

/** A directory in memory: on another device than the workspace. */
const MEMORY = '/dev/shm';

describe.skipIf(process.platform !== 'linux')('A file of a local file system', () => {
  useWorkspace();

  it('is read as any other, without the thread pool opening it', async () => {
    write('app.yaml', 'a: 1');
    const read = await readLocally('app.yaml');
    expect(read.bytes.toString()).toBe('a: 1');
    expect(pool.opened).toEqual([]);
    expect(read).toEqual(await readStableFile(resolve('app.yaml'), 100));
    expect(pool.opened).toEqual([resolve('app.yaml')]);
  });

  it('is read through a link on the same device', async () => {
    write('app.yaml', 'a: 1');
    symlinkSync('app.yaml', 'link.yaml');
    expect((await readLocally('link.yaml')).bytes.toString()).toBe('a: 1');
    expect(pool.opened).toEqual([]);
  });

  it('fails with the same errors', async () => {
    write('directory/app.yaml', 'a: 1');
    symlinkSync('nothing', 'dead.yaml');
    await expect(readLocally('missing.yaml')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readLocally('dead.yaml')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readLocally('directory')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(readLocally('directory/app.yaml', 3)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(readLocally('directory/app.yaml/x')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  const deviceOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.dev;
  it.runIf(![undefined, deviceOf(tmpdir())].includes(deviceOf(MEMORY)))(
    'is opened by the thread pool if a link leads to another device',
    async () => {
      const other = mkdtempSync(join(MEMORY, 'hot-config-'));
      writeFileSync(join(other, 'app.yaml'), 'a: 2');
      symlinkSync(join(other, 'app.yaml'), 'link.yaml');
      expect((await readLocally('link.yaml')).bytes.toString()).toBe('a: 2');
      expect(pool.opened).toEqual([resolve('link.yaml')]);
      rmSync(other, { recursive: true });
    },
  );

  it('is opened by the thread pool if it is in a directory that is not known to be local', async () => {
    const read = await fileSystemOf('/proc/self/status', new LocalDirectories());
    expect(read).toBe(await import('node:fs/promises'));
  });
});

describe('Stamps of files', () => {
  useWorkspace();

  it('are compared with those of now, also through links and for files that are missing', async () => {
    write('a', 'one');
    write('b', 'two');
    symlinkSync('b', 'link');
    const paths = ['a', 'link'].map((name) => resolve(name));
    const stamps = new Map<string, string | undefined>([[resolve('missing'), undefined]]);
    for (const path of paths) stamps.set(path, await fileStamp(path));
    const compare = () => haveStamps(stamps, new LocalDirectories());
    expect(await compare()).toBe(true);
    write('b', 'three');
    expect(await compare()).toBe(false);
    stamps.set(resolve('link'), await fileStamp(resolve('link')));
    expect(await compare()).toBe(true);
    write('missing', 'now there');
    expect(await compare()).toBe(false);
  });
});
