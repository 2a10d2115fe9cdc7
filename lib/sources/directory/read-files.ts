import { join } from 'node:path';
import type { Confinement } from '../content/confinement.js';
import { ReadError, toReadError } from '../content/read-error.js';
import { readStableFile, fileStamp, type StampedBytes } from '../content/read-stable-file.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { sha256 } from '../content/parse-content.js';
import { inParallel } from '../../util/in-parallel.js';

/** Files that are open at the same time. The thread pool has four threads; more files only wait. */
const MAX_OPEN_FILES = 16;

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
 * @param confinement refuses links that lead out of the directory; undefined if a walk has done that
 * @throws ReadError if the files together are too large; the reason of the signal once that is aborted.
 */
export async function readFiles(
  root: string,
  files: readonly string[],
  limits: ContentLimits,
  signal: AbortSignal,
  confinement?: Confinement,
): Promise<(FileBytes | UnreadFile)[]> {
  let total = 0;
  return inParallel(files, MAX_OPEN_FILES, async (file) => {
    signal.throwIfAborted();
    const path = join(root, file);
    try {
      await confinement?.requireTarget(path);
      const state = await readStableFile(path, limits.maxFileSize, signal);
      total += state.bytes.length;
      if (total <= limits.maxTotalSize) return { file, hash: sha256(state.bytes), ...state };
    } catch (error) {
      signal.throwIfAborted();
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
  signal: AbortSignal,
): Promise<boolean> {
  const unchanged = await inParallel(files, MAX_OPEN_FILES, async (read) => {
    signal.throwIfAborted();
    if ('error' in read) return true;
    return (await fileStamp(join(root, read.file)).catch(() => undefined)) === read.stamp;
  });
  return unchanged.every(Boolean);
}
