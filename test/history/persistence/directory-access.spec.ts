import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../reload/support/runtime.js';
import { MemorySource } from '../../support/memory.source.js';
import { TempFolder } from '../../support/temp-folder.js';

const KEY = 'correct horse battery staple, and more';
const isRoot = process.getuid?.() === 0;

/** Starts an app with the directory `dir` of versions. */
async function start(dir: string, key?: string) {
  const { runtime } = runtimeOf({
    sources: [new MemorySource({ n: 1 })],
    history: { dir, ...(key && { key }) },
  });
  try {
    await runtime.boot();
  } finally {
    await runtime.stop();
  }
}

/** A directory `history` with this mode, in one with that. */
function directory(mode: number, above = 0o755): string {
  const folder = new TempFolder();
  const parent = folder.file('parent');
  mkdirSync(`${parent}/history`, { recursive: true });
  chmodSync(`${parent}/history`, mode);
  chmodSync(parent, above);
  return `${parent}/history`;
}

describe.skipIf(process.getuid === undefined)('A directory of versions', () => {
  it.each([0o700, 0o750, 0o755])('is used with the mode %o', async (mode) => {
    await expect(start(directory(mode))).resolves.toBeUndefined();
  });

  it.each([
    [0o777, 'go-w'],
    [0o702, 'o-w'],
    [0o1777, 'go-w'],
  ])('refuses a start if every user may write to it, with a key too: %o', async (mode, change) => {
    const dir = directory(mode);
    for (const key of [undefined, KEY])
      await expect(start(dir, key)).rejects.toMatchObject({
        code: 'CONFIG_OPTIONS',
        message: expect.stringContaining(
          `its mode ${mode.toString(8).padStart(4, '0')} lets every user write to it. Run: chmod ${change} ${dir}`,
        ),
      });
  });

  it('may be written by its group only with a key, as in a volume with fsGroup', async () => {
    const dir = directory(0o2775);
    await expect(start(dir)).rejects.toThrow(`Run: chmod g-w ${dir}, or set "history.key"`);
    await expect(start(dir, KEY)).resolves.toBeUndefined();
  });

  it('may be below one that a group of the process writes to, or that is sticky', async () => {
    for (const above of [0o775, 0o1777])
      await expect(start(directory(0o700, above))).resolves.toBeUndefined();
  });

  it('is refused without a key below one in which every user may replace it, also through a link', async () => {
    const dir = directory(0o700, 0o777);
    const link = new TempFolder().file('link');
    symlinkSync(dir, link);
    for (const path of [dir, link, `${dir}/new/deep`]) {
      await expect(start(path)).rejects.toThrow(`Run: chmod go-w ${dirname(dir)}, or set "history.key"`);
      await expect(start(path, KEY)).resolves.toBeUndefined();
    }
  });

  it('may be a link that the user of the process has made', async () => {
    const link = new TempFolder().file('link');
    symlinkSync(directory(0o700), link);
    await expect(start(link)).resolves.toBeUndefined();
  });

  it.runIf(isRoot)('is refused if it, or a link to it, belongs to another user', async () => {
    const dir = directory(0o700);
    const link = new TempFolder().file('link');
    symlinkSync(dir, link);
    lchownSync(link, 4_711, 4_711);
    await expect(start(link, KEY)).rejects.toThrow('it is a link that user 4711 made');
    chownSync(dir, 4_711, 4_711);
    await expect(start(dir, KEY)).rejects.toThrow(
      `it belongs to user 4711, who could write versions. Run: chown 0 ${dir}`,
    );
  });

  it.runIf(isRoot)('is refused below one that another group writes to', async () => {
    const dir = directory(0o700, 0o775);
    chownSync(`${dir}/..`, 0, 4_711);
    await expect(start(dir)).rejects.toThrow('lets the group 4711 write to it');
  });
});
