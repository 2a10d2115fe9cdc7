import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How a file is written. */
export interface WholeFileOptions {
  /** The path of the file until it is whole, beside where it goes. */
  readonly temporary: string;
  /** Permissions; what the process masks is masked. */
  readonly mode: number;
  /** What the file is to have in common with the one it replaces. */
  readonly like?: { readonly mode: number; readonly uid: number; readonly gid: number };
}

/**
 * Writes a file so that it is there whole, on disk, or not at all, whenever the power goes; what was there before stays
 * until then.
 *
 * Not by `write-file-atomic` 7: it takes a short write, as a disk gives that fills up, for a whole one, and renames the
 * torn file over the good one (seen on a full tmpfs: 8,192 of 50,000 bytes, and no error); it does not sync the
 * directory; and its temporary names, made of the pid, are the same in two containers.
 */
export async function writeWhole(path: string, bytes: Buffer, options: WholeFileOptions): Promise<void> {
  const { temporary, mode, like } = options;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      if (like !== undefined) await resemble(file, like);
      // Writes again what a short write left over, which write() does not.
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** The owner first: that takes bits of the mode away. Only root may give files to others. */
async function resemble(
  file: FileHandle,
  { mode, uid, gid }: NonNullable<WholeFileOptions['like']>,
): Promise<void> {
  await file.chown(uid, gid).catch(() => undefined);
  await file.chmod(mode & 0o7777);
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
