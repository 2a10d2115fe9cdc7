import type { BigIntStats, Dirent } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Confinement } from '../content/confinement.js';
import type { LocalDirectories } from '../../util/local-directories.js';
import { ReadError, toReadError } from '../content/read-error.js';
import { inParallel } from '../../util/in-parallel.js';
import type { FormatRegistry } from '../../formats/format-registry.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { DirectoryOptions } from './directory-options.js';
import { isIgnoredFile, isTemporaryFile } from './ignored-files.js';
import type { UnreadFile } from './read-files.js';
import { TimeSlice } from '../../util/time-slice.js';

/** Directories that are looked at at the same time: one after the other takes three times as long. */
const AT_ONCE = 16;

/** What a walk depends on. */
export interface WalkContext {
  readonly options: DirectoryOptions;
  readonly formats: FormatRegistry;
  readonly limits: ContentLimits;
  /** Refuses links that lead out of the directory. */
  readonly confinement: Confinement;
  readonly directories: LocalDirectories;
  /** Ends the walk. */
  readonly signal: AbortSignal;
}

/** What a walk has found. */
export interface FoundFiles {
  /** Paths relative to the directory, in the same order on all machines. */
  readonly files: readonly string[];
  /** Links that lead out of the directory. */
  readonly refused: readonly UnreadFile[];
}

/**
 * Lists the files below `root`. Links are followed within the directory, except a link to a directory that contains it.
 *
 * @throws ReadError if the directory, or one below it, cannot be read, or has too many entries or levels.
 */
export async function listFiles(root: string, context: WalkContext): Promise<FoundFiles> {
  const walk = new Walk(root, context);
  await walk.enter('', new Set(), await walk.look(''));
  // By code unit, not by language, because hashes depend on the order.
  return { files: walk.files.toSorted((a, b) => (a < b ? -1 : 1)), refused: walk.refused };
}

/** @throws ReadError if the path is not a directory. */
export async function requireDirectory(path: string): Promise<void> {
  await directoryStats(path).catch((error: unknown) => {
    throw toReadError(error);
  });
}

class Walk {
  readonly files: string[] = [];
  readonly refused: UnreadFile[] = [];
  readonly #slice = new TimeSlice();
  #entries = 0;

  constructor(
    private readonly root: string,
    private readonly context: WalkContext,
  ) {}

  /** Returns the error instead if the directory cannot be looked at. */
  look(directory: string): Promise<BigIntStats | Error> {
    return directoryStats(join(this.root, directory)).catch((error: Error) => error);
  }

  /**
   * @param ancestors the directories around this one, by device and inode
   * @param look the result of `look()` for this directory
   */
  async enter(directory: string, ancestors: ReadonlySet<string>, look: BigIntStats | Error): Promise<void> {
    const { maxDepth, maxKeys } = this.context.limits;
    const { identity, entries } = await this.#read(directory, look);
    if (ancestors.has(identity)) return;
    if (ancestors.size >= maxDepth)
      throw tooLarge(`directories nested more than ${maxDepth} levels deep (limit maxDepth)`);
    const around = new Set(ancestors).add(identity);
    const directories: string[] = [];
    for (const entry of entries) {
      if (this.#slice.isOver) await this.#slice.next();
      this.context.signal.throwIfAborted();
      const relative = directory === '' ? entry.name : `${directory}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      // Dotfiles of a ConfigMap, `.git`: whatever they are, they are never followed.
      if (!entry.isFile() && isTemporaryFile(relative)) continue;
      const isDirectory = isLink ? await leadsToDirectory(join(this.root, relative)) : entry.isDirectory();
      if (!this.#isRead(relative, isDirectory)) continue;
      if (isLink && !(await this.#staysInside(relative))) continue;
      if (isDirectory) directories.push(relative);
      else if (this.files.push(relative) > maxKeys)
        throw tooLarge(`more than ${maxKeys} files (limit maxKeys)`);
    }
    const looks = await inParallel(directories, AT_ONCE, (below) => this.look(below));
    for (const [index, below] of directories.entries()) await this.enter(below, around, looks[index]!);
  }

  #isRead(relative: string, isDirectory: boolean): boolean {
    const { options, formats } = this.context;
    return isDirectory ? (options.recursive ?? true) : !isIgnoredFile(relative, options, formats);
  }

  async #staysInside(file: string): Promise<boolean> {
    try {
      await this.context.confinement.requireTarget(join(this.root, file));
      return true;
    } catch (error) {
      this.refused.push({ file, error: toReadError(error) });
      return false;
    }
  }

  /** Returns the device and inode, by which a directory is recognized on each path that leads to it, and its entries. */
  async #read(
    directory: string,
    look: BigIntStats | Error,
  ): Promise<{ identity: string; entries: readonly Dirent[] }> {
    try {
      if (look instanceof Error) throw look;
      const path = join(this.root, directory);
      return { identity: `${look.dev}:${look.ino}`, entries: await this.#entriesOf(path, look) };
    } catch (error) {
      this.context.signal.throwIfAborted();
      const readError = toReadError(error);
      if (directory === '' || readError.code === 'TOO_LARGE') throw readError;
      // With a different code, because a missing directory below the root does not make the root missing.
      const message = `contains the directory ${directory}, which cannot be read: it ${readError.message}`;
      throw new ReadError(message, `BELOW_${readError.code}`, readError.isTransient, { cause: error });
    }
  }

  /** Counts every entry, also those that are not read: looking at them takes the time. */
  async #entriesOf(path: string, stats: BigIntStats): Promise<Dirent[]> {
    const { limits, signal, directories } = this.context;
    const entries: Dirent[] = [];
    const visit = (entry: Dirent): boolean => {
      signal.throwIfAborted();
      this.#entries += 1;
      if (this.#entries > limits.maxEntries)
        throw tooLarge(`more than ${limits.maxEntries} files and directories (limit maxEntries)`);
      entries.push(entry);
      return true;
    };
    await directories.eachEntry(path, visit, stats);
    return entries;
  }
}

async function directoryStats(path: string): Promise<BigIntStats> {
  const stats = await stat(path, { bigint: true });
  if (!stats.isDirectory())
    throw new ReadError('is a file, not a directory; use file() for it', 'ENOTDIR', true);
  return stats;
}

/** Returns `false` on errors: reading the path as a file then reports the reason. */
async function leadsToDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function tooLarge(what: string): ReadError {
  return new ReadError(`contains ${what}; remove some or raise the limit`, 'TOO_LARGE', false);
}
