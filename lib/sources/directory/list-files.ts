import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError, toReadError } from '../content/read-error.js';
import type { FormatRegistry } from '../../formats/format-registry.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { DirectoryOptions } from './directory-options.js';
import { isIgnoredFile, isTemporaryFile } from './ignored-files.js';

/**
 * Lists the files below `root`, by their paths relative to it, in the same order on all machines. Links are followed,
 * except a link to a directory that contains it.
 *
 * @throws ReadError if the directory, or one below it, cannot be read.
 */
export async function listFiles(
  root: string,
  options: DirectoryOptions,
  formats: FormatRegistry,
  { maxDepth, maxKeys }: ContentLimits,
): Promise<string[]> {
  const { recursive = true } = options;
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
      if (isTemporaryFile(relative)) continue;
      if (await isDirectory(join(root, relative))) {
        if (recursive && within.size < maxDepth) await enter(relative, within);
      } else if (!isIgnoredFile(relative, options, formats)) {
        files.push(relative);
      }
      if (files.length > maxKeys) {
        const message = `contains more than ${maxKeys} files (limit maxKeys); remove some or raise the limit`;
        throw new ReadError(message, 'TOO_LARGE', false);
      }
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
    if (!stats.isDirectory())
      throw new ReadError('is a file, not a directory; use file() for it', 'ENOTDIR', true);
    return { identity: `${stats.dev}:${stats.ino}`, names: await readdir(path) };
  } catch (error) {
    const readError = toReadError(error);
    if (directory === '') throw readError;
    // With a different code, because a missing directory below the root does not make the root missing.
    const message = `contains the directory ${directory}, which cannot be read: it ${readError.message}`;
    throw new ReadError(message, `BELOW_${readError.code}`, readError.isTransient, { cause: error });
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
