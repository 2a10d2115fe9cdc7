import { lstatSync, opendirSync, statSync, type BigIntStats, type Dirent } from 'node:fs';
import { opendir, stat, statfs } from 'node:fs/promises';
import { MountPoints } from './mount-points.js';
import { TimeSlice } from './time-slice.js';

/**
 * File systems of Linux that are in memory or on a disk of this machine, by their type in statfs(2). They answer without
 * asking another machine, and each change of a file gives it the time of the change (`ctime`), which no program can set.
 * Network file systems and FUSE may answer late, or from a cache that is out of date.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs, as in a container
]);

/** Entries that are requested from the system at once. */
const BATCH = 256;

/**
 * Time after a change of a directory in which another one may leave its times as they are, in ms. The same as for a file:
 * lib/sources/content/read-stable-file.ts.
 */
const COARSEST_TIME = 2_000;

/** The entries of a directory, as long as it has the same stamp. */
interface KnownEntries {
  readonly stamp: string;
  readonly entries: readonly Dirent[];
}

/** Finds out which directories are on a local file system. Remembers the answers: use it for one load. */
export class LocalDirectories {
  readonly #devices = new Map<string, Promise<bigint | undefined>>();
  readonly #local = new LocalDevices();
  readonly #mountPoints = new MountPoints();
  readonly #slice = new TimeSlice();
  readonly #entries = new Map<string, KnownEntries>();
  readonly #earlierEntries: ReadonlyMap<string, KnownEntries> | undefined;

  /** @param earlier those of an earlier load: a directory that is unchanged since is not read again */
  constructor(earlier?: LocalDirectories) {
    if (earlier !== undefined) this.#earlierEntries = earlier.#entries;
  }

  /**
   * Returns the device of a directory, by which its files can be recognized; undefined if it is not known to be local.
   *
   * @param stats those of the directory, if they are known
   */
  deviceOf(directory: string, stats?: BigIntStats): Promise<bigint | undefined> {
    let device = this.#devices.get(directory);
    if (device === undefined) this.#devices.set(directory, (device = this.#localDevice(directory, stats)));
    return device;
  }

  /**
   * Calls `visit` with the entries of a directory, until it returns `false`. A local directory is read synchronously, in
   * slices, and only if it has changed: to add, remove or rename an entry changes its times, and no program can set the
   * last one (`ctime`).
   *
   * @param stats those of the directory, from a moment ago; undefined to read it in any case
   */
  async eachEntry(
    path: string,
    visit: (entry: Dirent) => boolean,
    stats: BigIntStats | undefined,
  ): Promise<void> {
    const isLocal = (await this.deviceOf(path, stats)) !== undefined;
    const stamp = isLocal && stats !== undefined ? stampOf(stats) : undefined;
    const known = this.#entries.get(path) ?? this.#earlierEntries?.get(path);
    if (known !== undefined && known.stamp === stamp) {
      this.#entries.set(path, known);
      for (const entry of known.entries) if (!visit(entry)) return;
      return;
    }
    const isSettled = stats !== undefined && Number(stats.ctimeMs) < Date.now() - COARSEST_TIME;
    const entries: Dirent[] = [];
    const directory = isLocal
      ? opendirSync(path, { bufferSize: BATCH })
      : await opendir(path, { bufferSize: BATCH });
    try {
      for (;;) {
        const entry = isLocal ? directory.readSync() : await directory.read();
        if (entry === null) break;
        entries.push(entry);
        if (!visit(entry)) return;
        if (this.#slice.isOver) await this.#slice.next();
      }
    } finally {
      if (isLocal) directory.closeSync();
      else await directory.close();
    }
    if (stamp !== undefined && isSettled && isStill(path, stamp)) this.#entries.set(path, { stamp, entries });
  }

  /**
   * Looks synchronously at a file in a local directory, without following a link. Returns undefined if it cannot be looked at,
   * or must not be: a file that is mounted on its own may be on a server that does not answer.
   */
  fileStats(path: string): BigIntStats | undefined {
    return this.isMounted(path) ? undefined : localStats(path);
  }

  /** Checks whether a file is a mount point. */
  isMounted(path: string): boolean {
    return this.#mountPoints.has(path);
  }

  async #localDevice(directory: string, known: BigIntStats | undefined): Promise<bigint | undefined> {
    if (process.platform !== 'linux') return undefined;
    try {
      const { dev } = known ?? (await stat(directory, { bigint: true }));
      return (await this.#local.has(dev, directory)) ? dev : undefined;
    } catch {
      return undefined; // what reads its files reports the reason
    }
  }
}

/**
 * Finds out which devices are local file systems: all directories of one are on the same. Remembers the answers for good: a
 * device that is mounted later, under the number of another one, is at worst looked at synchronously.
 */
export class LocalDevices {
  readonly #answers = new Map<bigint, Promise<boolean>>();

  /** @param directory a directory on the device */
  has(device: bigint, directory: string): Promise<boolean> {
    let answer = this.#answers.get(device);
    if (answer === undefined) this.#answers.set(device, (answer = this.#ask(device, directory)));
    return answer;
  }

  /** Returns `false` on errors: what reads the files of the directory reports the reason. */
  async #ask(device: bigint, directory: string): Promise<boolean> {
    try {
      return await isOnLocalFileSystem(directory);
    } catch {
      // That this directory is gone says nothing about the next one on the device.
      this.#answers.delete(device);
      return false;
    }
  }
}

/** Returns the stats of a path in a local directory, without following a link; undefined if it cannot be looked at. */
export function localStats(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // the directory may not be searched
  }
}

/** Checks whether a directory is still at its path: a link on the way may have been switched to another one meanwhile. */
function isStill(path: string, stamp: string): boolean {
  try {
    return stampOf(statSync(path, { bigint: true })) === stamp;
  } catch {
    return false;
  }
}

function stampOf({ dev, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${mtimeNs}:${ctimeNs}`;
}

async function isOnLocalFileSystem(directory: string): Promise<boolean> {
  return process.platform === 'linux' && LOCAL_TYPES.has((await statfs(directory)).type);
}
