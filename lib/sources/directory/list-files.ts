import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError, toReadError } from '../content/read-error.js';

/** Selects the files of a directory. */
export interface Listing {
  readonly recursive: boolean;
  /** Returns `true` for files to list, by their path relative to the directory. */
  readonly accepts: (relativePath: string) => boolean;
  /** Returns `true` for files and directories to skip. */
  readonly skips: (relativePath: string) => boolean;
  readonly maxDepth: number;
  readonly maxFiles: number;
}

/**
 * Lists the files below `root`, by their paths relative to it, in the same order on all machines. Links are followed,
 * except a link to a directory that contains it.
 *
 * @throws ReadError if the directory, or one below it, cannot be read.
 */
export async function listFiles(root: string, listing: Listing): Promise<string[]> {
  const files: string[] = [];
  await enter('', new Set());
  // By code unit, not by language, because hashes depend on the order.
  return files.toSorted((a, b) => (a < b ? -1 : 1));

  async function enter(directory: string, ancestors: ReadonlySet<string>): Promise<void> {
    const { identity, names } = await readDirectory(root, directory);
    if (ancestors.has(identity)) return;
    const within = new Set(ancestors).add(identity);
    for (const name of names) {
      const relative = directory === '' ? name : `${directory}/${name}`;
      if (listing.skips(relative)) continue;
      if (await isDirectory(join(root, relative))) {
        if (listing.recursive && within.size < listing.maxDepth) await enter(relative, within);
      } else if (listing.accepts(relative)) {
        files.push(relative);
      }
      if (files.length > listing.maxFiles) throw tooMany(listing.maxFiles);
    }
  }
}

/** @throws ReadError if the directory cannot be read. */
export async function readDirectory(
  root: string,
  directory = '',
): Promise<{ identity: string; names: string[] }> {
  const path = join(root, directory);
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) throw notADirectory();
    return { identity: `${stats.dev}:${stats.ino}`, names: await readdir(path) };
  } catch (error) {
    const failure = toReadError(error);
    if (directory === '') throw failure;
    // With a code of its own, because a missing directory below the root does not make the root missing.
    const message = `contains the directory ${directory}, which cannot be read: it ${failure.message}`;
    throw new ReadError(message, `BELOW_${failure.code}`, failure.isTransient, { cause: error });
  }
}

/** Returns `false` on errors: reading the path as a file then reports the reason. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function notADirectory(): ReadError {
  return new ReadError('is a file, not a directory; use file() for it', 'ENOTDIR', true);
}

function tooMany(limit: number): ReadError {
  return new ReadError(
    `contains more than ${limit} files (limit maxKeys); remove some or raise the limit`,
    'TOO_LARGE',
    false,
  );
}
