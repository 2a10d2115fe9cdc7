import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from './version-file-name.js';

/**
 * Writes a file so that it is there whole, on disk, or not at all, whenever the power goes.
 *
 * Not by `write-file-atomic` 7: it takes a short write, as a disk gives that fills up, for a whole one and renames the
 * torn file into place; it does not sync the directory; and its temporary names, made of the pid only, are the same in
 * two containers and cannot be told from other files after a crash.
 */
export async function writeWhole(directory: string, name: string, parts: readonly Buffer[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, temporaryName(name));
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      // Writes again what a short write left over, which write() does not.
      await file.writeFile(Buffer.concat(parts));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

/** The name of a file is on disk only once its directory is. Windows knows no such thing, and some network disks. */
async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(directory, 'r');
    await handle.sync();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(code)) throw error;
  } finally {
    await handle?.close();
  }
}
