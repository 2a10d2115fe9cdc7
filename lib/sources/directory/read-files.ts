import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ReadError, toReadError } from '../content/read-error.js';
import { readStableFile, fileStamp, type StampedBytes } from '../content/read-stable-file.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { sha256 } from '../content/parse-content.js';
import { inParallel } from '../../util/in-parallel.js';

/** How many files are open at once: the thread pool has four threads, more only queue. */
const WIDTH = 16;

/** The bytes of one file of a directory. */
export interface FileBytes extends StampedBytes {
  readonly file: string;
  readonly hash: string;
}

/** A file of a directory that could not be read. */
export interface UnreadFile {
  readonly file: string;
  readonly failure: ReadError;
}

/**
 * Reads files of one directory. What cannot be read is told file by file.
 *
 * @throws ReadError where all of them together are too large.
 */
export async function readFiles(
  root: string,
  files: readonly string[],
  limits: ContentLimits,
  within: boolean,
): Promise<(FileBytes | UnreadFile)[]> {
  const home = within ? `${await realpath(root)}${sep}` : undefined;
  let total = 0;
  return inParallel(files, WIDTH, async (file) => {
    const path = join(root, file);
    try {
      const state = await readStableFile(path, limits.maxFileSize);
      if (home !== undefined && !(await realpath(path)).startsWith(home)) return { file, failure: outside() };
      total += state.bytes.length;
      if (total <= limits.maxTotalSize) return { file, hash: sha256(state.bytes), ...state };
    } catch (error) {
      return { file, failure: toReadError(error) };
    }
    throw tooLarge(limits);
  });
}

/** Whether all that was read still stands as it stood. */
export async function areUnchanged(
  root: string,
  files: readonly (FileBytes | UnreadFile)[],
): Promise<boolean> {
  const unchanged = await inParallel(files, WIDTH, async (read) => {
    if ('failure' in read) return true;
    return (await fileStamp(join(root, read.file)).catch(() => undefined)) === read.stamp;
  });
  return unchanged.every(Boolean);
}

function outside(): ReadError {
  return new ReadError('is a link that leads outside the directory of its manifest', 'OUTSIDE', false);
}

function tooLarge({ maxTotalSize }: ContentLimits): ReadError {
  return new ReadError(
    `holds more than ${maxTotalSize} bytes in all its files (limit maxTotalSize)`,
    'TOO_LARGE',
    false,
  );
}
