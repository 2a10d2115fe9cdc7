import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ReadError, toReadError } from '../content/read-error.js';
import { readStableFile, fileStamp, type StampedBytes } from '../content/read-stable-file.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { sha256 } from '../content/parse-content.js';
import { inParallel } from '../../util/in-parallel.js';

/** Files that are open at the same time. The thread pool has four threads; more files only wait. */
const MAX_OPEN_FILES = 16;

const OUTSIDE_MESSAGE = 'is a link that leads outside the directory; list a file within it in the manifest';

/** The content of one file of a directory. */
export interface FileBytes extends StampedBytes {
  readonly file: string;
  readonly hash: string;
}

/** A file of a directory that could not be read, with the reason. */
export interface UnreadFile {
  readonly file: string;
  readonly error: ReadError;
}

/**
 * Reads files of one directory. Files that cannot be read are returned with their error.
 *
 * @param within `true` to reject links that lead outside the directory.
 * @throws ReadError if the files together are too large.
 */
export async function readFiles(
  root: string,
  files: readonly string[],
  limits: ContentLimits,
  within: boolean,
): Promise<(FileBytes | UnreadFile)[]> {
  const home = within ? `${await realpath(root)}${sep}` : undefined;
  let total = 0;
  return inParallel(files, MAX_OPEN_FILES, async (file) => {
    const path = join(root, file);
    try {
      const state = await readStableFile(path, limits.maxFileSize);
      if (home !== undefined && !(await realpath(path)).startsWith(home))
        return { file, error: new ReadError(OUTSIDE_MESSAGE, 'OUTSIDE', false) };
      total += state.bytes.length;
      if (total <= limits.maxTotalSize) return { file, hash: sha256(state.bytes), ...state };
    } catch (error) {
      return { file, error: toReadError(error) };
    }
    const message = `contains more than ${limits.maxTotalSize} bytes in all its files (limit maxTotalSize)`;
    throw new ReadError(`${message}; remove some or raise the limit`, 'TOO_LARGE', false);
  });
}

/** Checks whether all files that were read are still unchanged. */
export async function areUnchanged(
  root: string,
  files: readonly (FileBytes | UnreadFile)[],
): Promise<boolean> {
  const unchanged = await inParallel(files, MAX_OPEN_FILES, async (read) => {
    if ('error' in read) return true;
    return (await fileStamp(join(root, read.file)).catch(() => undefined)) === read.stamp;
  });
  return unchanged.every(Boolean);
}
