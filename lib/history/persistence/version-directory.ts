import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  byAge,
  corruptName,
  hasVersionFileExtension,
  isCorruptName,
  parseTemporaryName,
  parseVersionFileName,
  temporaryName,
  type VersionFileName,
} from './version-file-name.js';
import { isForeign } from './directory-access.js';
import { type NamedBytes, UnusableVersionFile } from './version-file.js';
import { writeWhole } from '../../util/write-atomically.js';

/** The files in a directory of versions, by their names. */
export interface DirectoryListing {
  /** Files of versions, oldest first. */
  readonly versions: readonly VersionFileName[];
  /** Files with the extension of versions, but without the name of one. */
  readonly misnamed: readonly string[];
  /** All other files. They are never touched. */
  readonly foreign: readonly string[];
  /** Files that were not finished. */
  readonly unfinished: readonly VersionFileName[];
  /** Files that were renamed because they could not be used, oldest first. */
  readonly corrupt: readonly string[];
}

/** Limits for the versions on disk. The newest version always stays. */
export interface KeepLimits {
  readonly max: number;
  /** In ms. */
  readonly maxAge: number;
  /** For all files together. */
  readonly maxBytes: number;
}

/** Number of renamed files that are kept for the operator to examine. */
const MAX_CORRUPT = 5;

/** The directory with the version files of one app. Other processes may use it at the same time. */
export class VersionDirectory {
  /** @param maxFileSize the limit for the size of a file, in bytes: no version is larger, but a foreign file may be */
  constructor(
    readonly path: string,
    private readonly maxFileSize: number,
  ) {}

  /** Lists the directory. A directory that does not exist is empty. */
  async list(): Promise<DirectoryListing> {
    const names = await readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const others = names.filter((name) => parseVersionFileName(name) === undefined);
    return {
      versions: defined(names.map(parseVersionFileName)).sort(byAge),
      misnamed: others.filter(hasVersionFileExtension),
      foreign: others.filter(
        (name) =>
          !hasVersionFileExtension(name) && !isCorruptName(name) && parseTemporaryName(name) === undefined,
      ),
      unfinished: defined(names.map(parseTemporaryName)),
      corrupt: names.filter(isCorruptName).sort(),
    };
  }

  /** @throws UnusableVersionFile if it is a link, not a regular file, too large, or the file of another user */
  async read(name: string): Promise<NamedBytes> {
    // Does not wait for the writer of a named pipe, and does not follow links.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const file = await open(join(this.path, name), flags).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ELOOP' ? new UnusableVersionFile('is a link') : error;
    });
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new UnusableVersionFile('is not a regular file');
      if (isForeign(stats)) throw new UnusableVersionFile(`is a file of another user (${stats.uid})`, true);
      if (stats.size > this.maxFileSize)
        throw new UnusableVersionFile(
          `has ${stats.size} bytes, more than the ${this.maxFileSize} that a version may have`,
          true,
        );
      return { name, bytes: await readAtMost(file, stats.size) };
    } finally {
      await file.close();
    }
  }

  async write(name: string, parts: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(parts);
    try {
      await this.#write(name, bytes);
    } catch (error) {
      // Another process that starts may have removed the unfinished file as a leftover.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#write(name, bytes);
    }
  }

  /** Renames a file, so that it is not read as a version again. Returns `false` if it cannot be renamed. */
  async renameCorrupt(name: string): Promise<boolean> {
    try {
      await rename(join(this.path, name), join(this.path, corruptName(name)));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Removes the unfinished files of killed processes, and all but the newest of the corrupt files in the listing. Files
   * that were renamed after the listing stay, because the log has just named them.
   *
   * @returns the names of the corrupt files that were removed
   */
  async clean({ unfinished, corrupt }: DirectoryListing): Promise<readonly string[]> {
    const leftovers: string[] = [];
    for (const { name, pid } of unfinished) {
      const temporary = temporaryName(name);
      if (await this.#isLeftover(temporary, pid)) leftovers.push(temporary);
    }
    await this.#remove(leftovers);
    return this.#remove(corrupt.slice(0, -MAX_CORRUPT));
  }

  /**
   * Removes the versions that exceed the limits; never the file `newest`.
   *
   * @param removableAmong returns the versions that may be removed: the others do not count, and stay
   */
  async prune(
    { max, maxAge, maxBytes }: KeepLimits,
    newest: string | undefined,
    removableAmong: (versions: readonly VersionFileName[]) => Promise<readonly VersionFileName[]>,
  ): Promise<void> {
    const versions = await removableAmong((await this.list()).versions);
    const oldest = Date.now() - maxAge;
    let bytes = 0;
    const excess: string[] = [];
    for (const [index, { name, stamp }] of versions.toReversed().entries()) {
      const { size } = await stat(join(this.path, name)).catch(() => ({ size: 0 }));
      bytes += size;
      const isKept = name === newest || (index < max && stamp >= oldest && bytes <= maxBytes);
      if (!isKept) excess.push(name);
    }
    await this.#remove(excess);
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const temporary = join(this.path, temporaryName(name));
    await writeWhole(join(this.path, name), bytes, { temporary, mode: 0o600 });
  }

  /**
   * Checks whether an unfinished file has no writer any more: its process has ended, or the file is older than this
   * process, which may have the same pid.
   */
  async #isLeftover(temporary: string, pid: number): Promise<boolean> {
    if (!isRunning(pid)) return true;
    const started = Date.now() - process.uptime() * 1_000;
    const stats = await stat(join(this.path, temporary)).catch(() => undefined);
    return stats !== undefined && stats.mtimeMs < started;
  }

  /**
   * Returns the names of those that were removed. Ignores failures: another process may have removed a file before, the disk
   * is read-only, or it is a directory.
   */
  async #remove(names: readonly string[]): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const name of names) {
      const isRemoved = await rm(join(this.path, name), { force: true }).then(
        () => true,
        () => false,
      );
      if (isRemoved) removed.push(name);
    }
    return removed;
  }
}

/** Reads a file that may grow meanwhile: what is added is not read, and makes the file incomplete. */
async function readAtMost(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function defined<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
