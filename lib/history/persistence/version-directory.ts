import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asideName,
  byAge,
  isAside,
  looksLikeVersionFile,
  parseTemporaryName,
  parseVersionFileName,
  temporaryName,
  type VersionFileName,
} from './version-file-name.js';
import { UnusableVersionFile } from './version-file.js';
import { writeWhole } from '../../util/write-atomically.js';

/** What is in a directory of versions. */
export interface DirectoryListing {
  /** The files of versions, as their names say, oldest first. */
  readonly versions: readonly VersionFileName[];
  /** Files with our ending, and a name that is not ours. */
  readonly misnamed: readonly string[];
  /** Whatever else there is: none of our business. */
  readonly foreign: readonly string[];
  /** Files that were not finished. */
  readonly unfinished: readonly VersionFileName[];
  /** Files that were renamed aside, oldest first. */
  readonly aside: readonly string[];
}

/** Until when versions are kept. */
export interface KeepLimits {
  readonly max: number;
  /** In ms. */
  readonly maxAge: number;
  /** Of all files together. */
  readonly maxBytes: number;
}

/** How many files that could not be used are kept, for somebody to look at. */
const MAX_ASIDE = 5;

/** No version is larger; a device or somebody's video may be. */
const MAX_FILE = 512 * 1024 * 1024;

/** The directory in which the versions of one app are files. Other processes may use it at the same time. */
export class VersionDirectory {
  constructor(readonly path: string) {}

  /** What is there; nothing, where the directory is not. */
  async list(): Promise<DirectoryListing> {
    const names = await readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const rest = names.filter((name) => parseVersionFileName(name) === undefined);
    return {
      versions: present(names.map(parseVersionFileName)).sort(byAge),
      misnamed: rest.filter(looksLikeVersionFile),
      foreign: rest.filter(
        (name) => !looksLikeVersionFile(name) && !isAside(name) && parseTemporaryName(name) === undefined,
      ),
      unfinished: present(names.map(parseTemporaryName)),
      aside: names.filter(isAside).sort(),
    };
  }

  /** @throws UnusableVersionFile where it is no file, or none of ours */
  async read(name: string): Promise<Buffer> {
    // Without waiting for a writer, where somebody put a pipe there; and never what a link leads to.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const file = await open(join(this.path, name), flags).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ELOOP' ? new UnusableVersionFile('is a link') : error;
    });
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new UnusableVersionFile('is no file');
      if (found.size > MAX_FILE) throw new UnusableVersionFile('is larger than any version');
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async write(name: string, parts: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(parts);
    try {
      await this.#write(name, bytes);
    } catch (error) {
      // Another process that starts may take a file that is not finished for a leftover.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#write(name, bytes);
    }
  }

  /** Renames a file so that nobody takes it for a version again. Whether that worked: a disk may be read-only. */
  async setAside(name: string): Promise<boolean> {
    try {
      await rename(join(this.path, name), join(this.path, asideName(name)));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Removes what killed writers left, and of what was renamed aside before the listing all but the newest: what was
   * renamed since has been told of just now.
   */
  async clean({ unfinished, aside }: DirectoryListing): Promise<void> {
    const leftovers: string[] = [];
    for (const { name, pid } of unfinished) {
      const temporary = temporaryName(name);
      if (await this.#isLeftover(temporary, pid)) leftovers.push(temporary);
    }
    await this.#remove([...leftovers, ...aside.slice(0, -MAX_ASIDE)]);
  }

  /** Removes the versions that are too many, too old or too large together; never one of `kept`. */
  async prune({ max, maxAge, maxBytes }: KeepLimits, kept: string | undefined): Promise<void> {
    const { versions } = await this.list();
    const oldest = Date.now() - maxAge;
    let bytes = 0;
    const goners: string[] = [];
    for (const [index, { name, stamp }] of versions.toReversed().entries()) {
      const { size } = await stat(join(this.path, name)).catch(() => ({ size: 0 }));
      bytes += size;
      const isKept = name === kept || (index < max && stamp >= oldest && bytes <= maxBytes);
      if (!isKept) goners.push(name);
    }
    await this.#remove(goners);
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const temporary = join(this.path, temporaryName(name));
    await writeWhole(join(this.path, name), bytes, { temporary, mode: 0o600 });
  }

  /** Whether nobody writes it any more: its process is gone, or it is older than this one, which may have its pid. */
  async #isLeftover(temporary: string, pid: number): Promise<boolean> {
    if (!isRunning(pid)) return true;
    const begun = Date.now() - process.uptime() * 1_000;
    const found = await stat(join(this.path, temporary)).catch(() => undefined);
    return found !== undefined && found.mtimeMs < begun;
  }

  /** Others may have been faster, or the disk is read-only. */
  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.path, name), { force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}
