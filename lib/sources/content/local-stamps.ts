import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { LocalDirectories } from '../../util/local-directories.js';
import { TimeSlice } from '../../util/time-slice.js';
import { inParallel } from '../../util/in-parallel.js';
import { fileStamp, stampFromStats } from './read-stable-file.js';

/**
 * Returns the stamps of files, in their order. Undefined for a file whose stamp would not prove that it is unchanged: a
 * link, a file on another file system than a local one, and one that cannot be looked at.
 *
 * Looks synchronously, in slices, as the file system answers from memory: 3,000 looks take 16 ms of CPU, against 30 to
 * 90 ms through the thread pool (measured).
 */
export async function localStamps(
  paths: readonly string[],
  directories: LocalDirectories,
  signal?: AbortSignal,
): Promise<(string | undefined)[]> {
  const slice = new TimeSlice();
  const stamps: (string | undefined)[] = [];
  let directory: string | undefined;
  let device: bigint | undefined;
  for (const path of paths) {
    const parent = dirname(path);
    if (parent !== directory) device = await directories.deviceOf((directory = parent));
    stamps.push(device === undefined ? undefined : stampOf(directories.fileStats(path), device));
    if (!slice.isOver) continue;
    await slice.next();
    signal?.throwIfAborted();
  }
  return stamps;
}

/** Files that are looked at through the thread pool at the same time. */
const MAX_LOOKS = 16;

/** Checks whether all files have these stamps now. A stamp is undefined for a file that cannot be read. */
export async function haveStamps(
  stamps: ReadonlyMap<string, string | undefined>,
  directories: LocalDirectories,
  signal?: AbortSignal,
): Promise<boolean> {
  const paths = [...stamps.keys()];
  const now = await localStamps(paths, directories, signal);
  const inDoubt = paths.filter(
    (path, index) => stamps.get(path) === undefined || stamps.get(path) !== now[index],
  );
  const unchanged = await inParallel(inDoubt, MAX_LOOKS, async (path) => {
    const stamp = await fileStamp(path).catch(() => undefined);
    return stamp === stamps.get(path);
  });
  return unchanged.every(Boolean);
}

function stampOf(stats: BigIntStats | undefined, device: bigint): string | undefined {
  return stats?.isFile() && stats.dev === device ? stampFromStats(stats) : undefined;
}
