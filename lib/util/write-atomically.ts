import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Options of `writeWhole`. */
export interface WholeFileOptions {
  /** The path of the temporary file, in the same directory. */
  readonly temporary: string;
  /** Permissions of a new file, subject to the umask of the process. */
  readonly mode: number;
  /** Permissions and owner of the file that is replaced, to be kept. */
  readonly like?: { readonly mode: number; readonly uid: number; readonly gid: number };
}

/**
 * Writes a file atomically and durably: after a crash or power failure, either the whole new file or the previous one is
 * on disk.
 *
 * `write-file-atomic` 7 is not used: on a disk that fills up it takes a short write for a whole one, and renames the torn
 * file over the good one (seen on a full tmpfs: 8,192 of 50,000 bytes, and no error); it does not sync the directory;
 * and its temporary names, made of the pid, are the same in two containers.
 */
export async function writeWhole(path: string, bytes: Buffer, options: WholeFileOptions): Promise<void> {
  const { temporary, mode, like } = options;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      if (like !== undefined) await copyOwnerAndMode(file, like);
      // Continues after a short write, which write() does not.
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

/** The owner first: changing it clears bits of the mode. Only root may give files to other users. */
async function copyOwnerAndMode(
  file: FileHandle,
  { mode, uid, gid }: NonNullable<WholeFileOptions['like']>,
): Promise<void> {
  await file.chown(uid, gid).catch(() => undefined);
  await file.chmod(mode & 0o7777);
}

/** Makes the rename durable. Windows and some network file systems do not support this. */
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
