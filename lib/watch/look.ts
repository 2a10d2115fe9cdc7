import { readdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import type { WatchTarget } from './file-watch.interface.js';
import { fileState, type FileStamp, type Fingerprint } from './fingerprint.js';
import { PathWalk, type Role } from './path-walk.js';

/** What a target has to do with one directory. */
export interface Interest {
  /** The device and inode the directory has now. */
  readonly identity: string;
  /** The names on the way to the target. */
  readonly names: ReadonlyMap<string, Role>;
  /** Where every name may count: what to put before a name to have its path relative to the target. */
  readonly listedAs: string | undefined;
}

/** What one look at a target found. */
export interface Look {
  readonly fingerprint: Fingerprint;
  /** The directories where something can happen that changes it. */
  readonly places: ReadonlyMap<string, Interest>;
}

/** Stats in flight at a time: libuv has four threads, and the app wants them too. */
const BATCH = 32;

/** Looks at a target once, from the root of its path to its files. Reads no content, and never throws. */
export async function look(target: WatchTarget): Promise<Look> {
  const walk = new PathWalk();
  const files = new Map<string, FileStamp>();
  const listed = new Map<string, string>();

  const end = await walk.resolve(target.path);
  if (target.kind === 'file') {
    if (end.kind === 'file') {
      files.set('', fileState(end.path, end.stats, walk.identityOf(dirname(end.path)), end.links));
    }
  } else if (end.kind === 'directory') {
    await list(end.path, '', end.links);
  }
  return { fingerprint: files, places: placesOf(walk, listed) };

  async function list(directory: string, prefix: string, links: string): Promise<void> {
    // A link that leads back up would be followed for ever.
    if (listed.has(directory)) return;
    listed.set(directory, prefix);
    const names = await readdir(directory).catch(() => []);
    for (let start = 0; start < names.length; start += BATCH) {
      await Promise.all(
        names.slice(start, start + BATCH).map((name) => enter(directory, prefix, name, links)),
      );
    }
  }

  async function enter(directory: string, prefix: string, name: string, links: string): Promise<void> {
    const relative = prefix + name;
    const counted = counts(target, relative);
    // Only where directories are entered can a name that is filtered out matter: the filter is about files.
    if (!counted && !target.recursive) return;
    const place = join(directory, name);
    const stats = await walk.stats(place);
    if (typeof stats === 'string') return;
    if (stats.isSymbolicLink()) {
      const end = await walk.resolve(place);
      if (end.kind === 'directory' && target.recursive)
        await list(end.path, `${relative}/`, links + end.links);
      if (end.kind === 'file' && counted) {
        const holder = walk.identityOf(dirname(end.path));
        files.set(relative, fileState(end.path, end.stats, holder, links + end.links));
      }
    } else if (stats.isDirectory()) {
      walk.entered(place, stats);
      if (target.recursive) await list(place, `${relative}/`, links);
    } else if (counted) {
      files.set(relative, fileState(place, stats, walk.identityOf(directory), links));
    }
  }
}

/** Whether a file counts. A filter that throws must not stop the watch: what it cannot judge counts. */
export function counts(target: WatchTarget, relativePath: string): boolean {
  try {
    return target.filter?.(relativePath) ?? true;
  } catch {
    return true;
  }
}

function placesOf(walk: PathWalk, listed: ReadonlyMap<string, string>): Map<string, Interest> {
  const places = new Map<string, Interest>();
  for (const directory of new Set([...walk.lookups.keys(), ...listed.keys()])) {
    const names: ReadonlyMap<string, Role> = walk.lookups.get(directory) ?? new Map();
    const listedAs = listed.get(directory);
    // Directories of a root are not renamed under a running app, and to watch a root is dear on macOS, where it means
    // every event of the disk. Links and files in it are watched.
    const isRoot = parse(directory).root === directory;
    const onlyPassedThrough =
      listedAs === undefined && [...names.values()].every((role) => role === 'directory');
    if (isRoot && onlyPassedThrough) continue;
    places.set(directory, { identity: walk.identityOf(directory), names, listedAs });
  }
  return places;
}
