import type { BigIntStats, Dirent } from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';
import { isAtOrBelow } from '../util/is-below.js';
import { LocalDirectories, localStats } from '../util/local-directories.js';
import { TimeSlice } from '../util/time-slice.js';
import type { WatchTarget } from './file-watch.interface.js';
import { sameStamp, stampOf, type FileStamp, type Fingerprint } from './fingerprint.js';
import { PathWalk, type EntryKind } from './path-walk.js';

/** A directory in which an event may mean a change of the target. */
export interface RelevantDirectory {
  /** The device and inode of the directory at the time of the scan. */
  readonly identity: string;
  /** The names in it that lie on the path to the target. */
  readonly names: ReadonlyMap<string, EntryKind>;
  /** The prefix that turns a name in it into a path relative to the target; undefined if its files are not part of it. */
  readonly prefix: string | undefined;
}

export interface TargetScan {
  readonly fingerprint: Fingerprint;
  /** The directories to watch, by their real path. */
  readonly directories: ReadonlyMap<string, RelevantDirectory>;
  /** Shows to the next scan which directories have not changed. */
  readonly local: LocalDirectories;
}

/** Parallel stat calls: libuv has four threads, and the app needs them too. */
const BATCH = 32;

/** Default of `maxEntries`. */
const MAX_ENTRIES = 10_000;

/**
 * Scans a target once, from the root of its path to its files. Reads no content, and never throws.
 *
 * @param isOver returns `true` once nobody needs the result
 * @param earlier what an earlier scan has found: its stamps of unchanged files are used again, so that thousands of them
 * take no memory twice
 */
export async function scanTarget(
  target: WatchTarget,
  isOver = () => false,
  earlier?: TargetScan,
): Promise<TargetScan> {
  const walk = new PathWalk();
  const files = new Map<string, FileStamp>();
  const prefixes = new Map<string, string>();
  const { maxEntries = MAX_ENTRIES } = target;
  const roots: string[] = [];
  const local = new LocalDirectories(earlier?.local);
  const slice = new TimeSlice();
  let entries = 0;

  const end = await walk.resolve(target.path);
  if (target.kind === 'file') {
    if (end.kind === 'file') {
      files.set('', stampOf(end.path, end.stats, walk.identityOf(dirname(end.path)), end.links));
    }
  } else if (end.kind === 'directory') {
    roots.push(end.path);
    const within = target.within === undefined ? end : await walk.resolve(target.within);
    if (within.kind === 'directory') roots.push(within.path);
    await list(end.path, '', end.links);
  }
  return { fingerprint: files, directories: relevantDirectories(walk, prefixes), local };

  async function list(directory: string, prefix: string, links: string): Promise<void> {
    // A link that leads back up would be followed for ever.
    if (prefixes.has(directory)) return;
    prefixes.set(directory, prefix);
    const known = await walk.stats(directory);
    const own = typeof known === 'string' ? undefined : known;
    const isLocal = (await local.deviceOf(directory, own)) !== undefined;
    const names: string[] = [];
    const identity = walk.identityOf(directory);
    const inside = join(directory, sep);
    for (const entry of await entriesIn(directory, own)) {
      const { name } = entry;
      if (!isLocal || !entry.isFile()) names.push(name);
      else if (isIncluded(target, prefix + name)) scanFile(inside + name, prefix + name, identity, links);
      if (slice.isOver) await slice.next();
    }
    for (let start = 0; start < names.length; start += BATCH) {
      await Promise.all(
        names.slice(start, start + BATCH).map((name) => scanEntry(directory, prefix, name, links)),
      );
    }
  }

  /** Returns no more entries than may be looked at: a source that has more is refused when it is read. */
  async function entriesIn(path: string, stats: BigIntStats | undefined): Promise<Dirent[]> {
    const found: Dirent[] = [];
    try {
      const visit = (entry: Dirent): boolean => {
        if (entries >= maxEntries || isOver()) return false;
        entries += 1;
        found.push(entry);
        return true;
      };
      await local.eachEntry(path, visit, stats);
    } catch {
      // A directory that is gone or unreadable has no files.
    }
    return found;
  }

  /** On a local file system, at once: it answers from memory. */
  function scanFile(place: string, relative: string, identity: string, links: string): void {
    const stats = localStats(place);
    // Another kind of file may have replaced it: the next scan sees that.
    if (!stats?.isFile()) return;
    const stamp = stampOf(place, stats, identity, links);
    const before = earlier?.fingerprint.get(relative);
    const isSame = before?.directory === identity && sameStamp(stamp, before);
    files.set(relative, isSame ? before : stamp);
  }

  function isInside(path: string): boolean {
    return roots.some((root) => isAtOrBelow(path, root));
  }

  async function scanEntry(directory: string, prefix: string, name: string, links: string): Promise<void> {
    const relative = prefix + name;
    const included = isIncluded(target, relative);
    // The filter is about files: a name that it excludes can still be a directory to enter.
    if (!included && !target.recursive) return;
    const place = join(directory, name);
    const stats = await walk.stats(place);
    if (typeof stats === 'string') return;
    if (stats.isSymbolicLink()) {
      const end = await walk.resolve(place);
      if (end.kind === 'nothing') return;
      if (!isInside(end.path)) {
        // It is refused when it is read, so its removal is a change; what it leads to is not.
        if (included || end.kind === 'directory')
          files.set(relative, stampOf(place, stats, walk.identityOf(directory), links));
        return;
      }
      if (end.kind === 'directory' && target.recursive)
        await list(end.path, `${relative}/`, links + end.links);
      if (end.kind === 'file' && included) {
        const parent = walk.identityOf(dirname(end.path));
        files.set(relative, stampOf(end.path, end.stats, parent, links + end.links));
      }
    } else if (stats.isDirectory()) {
      walk.enter(place, stats);
      if (target.recursive) await list(place, `${relative}/`, links);
    } else if (included) {
      files.set(relative, stampOf(place, stats, walk.identityOf(directory), links));
    }
  }
}

/** Checks whether a file is part of the target. If the filter throws, it is: the watch must go on. */
export function isIncluded(target: WatchTarget, relativePath: string): boolean {
  try {
    return target.filter?.(relativePath) ?? true;
  } catch {
    return true;
  }
}

/** Checks whether the target, or a link to it, is or was in that directory. Others are only on the path to it. */
export function containsTarget({ prefix, names }: Omit<RelevantDirectory, 'identity'>): boolean {
  return prefix !== undefined || [...names.values()].some((kind) => kind !== 'directory');
}

function relevantDirectories(
  walk: PathWalk,
  prefixes: ReadonlyMap<string, string>,
): Map<string, RelevantDirectory> {
  const relevant = new Map<string, RelevantDirectory>();
  for (const path of new Set([...walk.lookups.keys(), ...prefixes.keys()])) {
    const names: ReadonlyMap<string, EntryKind> = walk.lookups.get(path) ?? new Map();
    const directory = { identity: walk.identityOf(path), names, prefix: prefixes.get(path) };
    // The directories in a root are not renamed while an app runs, and to watch a root is expensive on macOS, where it
    // means every event of the disk. A root is watched only for links and files in it.
    const isRoot = parse(path).root === path;
    if (!isRoot || containsTarget(directory)) relevant.set(path, directory);
  }
  return relevant;
}
