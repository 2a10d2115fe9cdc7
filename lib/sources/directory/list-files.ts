import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError, toReadError } from '../content/read-error.js';

/** What of a directory is wanted. */
export interface Listing {
  readonly recursive: boolean;
  /** Which files count, by their path relative to the directory. */
  readonly accepts: (relativePath: string) => boolean;
  /** Directories that are not even entered. */
  readonly skips: (relativePath: string) => boolean;
  readonly maxDepth: number;
  readonly maxFiles: number;
}

/**
 * The files below `root`, by their paths relative to it, in one order on every machine. Links are followed; a link
 * that leads back to a directory it stands in is passed over.
 *
 * @throws ReadError where the directory, or one below it, cannot be read.
 */
export async function listFiles(root: string, listing: Listing): Promise<string[]> {
  const files: string[] = [];
  await enter('', new Set());
  // By code unit, not by language: the order decides hashes.
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

async function readDirectory(
  root: string,
  directory: string,
): Promise<{ identity: string; names: string[] }> {
  const path = join(root, directory);
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) throw notADirectory();
    return { identity: `${stats.dev}:${stats.ino}`, names: await readdir(path) };
  } catch (error) {
    const failure = toReadError(error);
    if (directory === '') throw failure;
    // One that vanished or is closed below the root is no reason to call the root missing.
    const message = `has a directory ${directory} that cannot be read: it ${failure.message}`;
    throw new ReadError(message, `BELOW_${failure.code}`, failure.isTransient, { cause: error });
  }
}

/** What cannot even be asked is taken for a file: reading it tells why. */
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
  return new ReadError(`holds more than ${limit} files (limit maxKeys)`, 'TOO_LARGE', false);
}
