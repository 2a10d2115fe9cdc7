import { join } from 'node:path';
import type { Confinement } from '../content/confinement.js';
import type { LocalDirectories } from '../../util/local-directories.js';
import { fileSystemOf } from '../content/local-file-system.js';
import { localStamps } from '../content/local-stamps.js';
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

/** What reading one file has led to. */
export type FileResult = FileBytes | UnreadFile;

/** What reading files depends on. */
export interface ReadContext {
  /** Absolute path of the directory. */
  readonly root: string;
  readonly limits: ContentLimits;
  readonly signal: AbortSignal;
  readonly directories: LocalDirectories;
  /** What this load has read itself: a settled stamp is not required of it. Each read adds its result. */
  readonly fresh: Set<FileResult>;
  /** Refuses links that lead out of the directory; undefined if a walk has done that. */
  readonly confinement?: Confinement | undefined;
}

/**
 * Looks at files of one directory, and reads those that have changed. Files that cannot be read are returned with their
 * error. A file that is unchanged since an earlier read is not read again: its earlier result is returned, as the same
 * object.
 *
 * @param before returns the earlier result for a file
 * @throws ReadError if the files together are too large; the reason of the signal once that is aborted.
 */
export async function readFiles(
  files: readonly string[],
  before: (file: string, index: number) => FileResult | undefined,
  context: ReadContext,
): Promise<FileResult[]> {
  const { root, limits, signal, directories, confinement, fresh } = context;
  const stamps = await localStamps(pathsOf(root, files), directories, signal);
  const results: FileResult[] = [];
  const unproven: { file: string; index: number; before: FileResult | undefined }[] = [];
  let total = 0;
  const count = ({ bytes }: StampedBytes) => {
    total += bytes.length;
    if (total <= limits.maxTotalSize) return;
    const message = `contains more than ${limits.maxTotalSize} bytes in all its files (limit maxTotalSize)`;
    throw new ReadError(`${message}; remove some or raise the limit`, 'TOO_LARGE', false);
  };
  for (const [index, file] of files.entries()) {
    const known = before(file, index);
    const isUnchanged =
      known !== undefined &&
      'stamp' in known &&
      known.stamp === stamps[index] &&
      // A directory on its path may have been replaced by a link since.
      (fresh.has(known) ||
        (known.isSettled &&
          (confinement === undefined || (await isAllowed(`${root}/${file}`, confinement)))));
    if (isUnchanged) count((results[index] = known));
    else unproven.push({ file, index, before: known });
  }
  await inParallel(unproven, MAX_OPEN_FILES, async ({ file, index, before: known }) => {
    signal.throwIfAborted();
    const path = join(root, file);
    if (known !== undefined && fresh.has(known) && (await isStill(path, known))) {
      results[index] = known;
      if ('bytes' in known) count(known);
      return;
    }
    let state: StampedBytes;
    try {
      await confinement?.requireTarget(path);
      const fileSystem = await fileSystemOf(path, directories);
      state = await readStableFile(path, limits.maxFileSize, signal, fileSystem);
    } catch (error) {
      signal.throwIfAborted();
      fresh.add((results[index] = { file, error: toReadError(error) }));
      return;
    }
    count(state);
    const hash = sha256(state.bytes);
    // What was made of the same bytes holds the earlier ones: they are not kept twice.
    const isSame = known !== undefined && 'bytes' in known && known.hash === hash;
    fresh.add((results[index] = { file, hash, ...state, ...(isSame && { bytes: known.bytes }) }));
  });
  return results;
}

/** A file that could not be read a moment ago still cannot be, as far as this load is concerned. */
async function isStill(path: string, known: FileResult): Promise<boolean> {
  return 'error' in known || (await fileStamp(path).catch(() => undefined)) === known.stamp;
}

async function isAllowed(path: string, confinement: Confinement): Promise<boolean> {
  return confinement.requireTarget(path).then(
    () => true,
    () => false,
  );
}

/** Not by `join()`, which takes as long as to look at the file. */
function pathsOf(root: string, files: readonly string[]): string[] {
  return files.map((file) => `${root}/${file}`);
}
