import type { BigIntStats, Dirent } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { isAtOrBelow } from '../util/is-below.js';
import { LocalDirectories, localStats } from '../util/local-directories.js';
import { TimeSlice } from '../util/time-slice.js';
import type { WatchTarget } from './file-watch.interface.js';
import { sameStamp, stampOf, type FileStamp, type Fingerprint } from './fingerprint.js';
import { PathWalk } from './path-walk.js';
import { relevantDirectories, type RelevantDirectory } from './relevant-directories.js';
import { ScanMoment } from './scan-moment.js';

export interface TargetScan {
  readonly fingerprint: Fingerprint;
  /** The directories to watch, by their real path. */
  readonly directories: ReadonlyMap<string, RelevantDirectory>;
  /** Of a directory: shows to the next scan which directories have not changed. */
  readonly local?: LocalDirectories;
}

/** Parallel stat calls: libuv has four threads, and the app needs them too. */
const BATCH = 32;

/** Default of `maxEntries`. */
const MAX_ENTRIES = 10_000;

/**
 * Scans a target once, from the root of its path to its files. Reads no content, and never throws.
 *
 * @param isOver returns `true` once nobody needs the result
 * @param moment shared by the scans that start at it
 * @param earlier what an earlier scan has found: its stamps of unchanged files are used again, so that thousands of them
 * take no memory twice
 */
export async function scanTarget(
  target: WatchTarget,
  isOver = () => false,
  moment = new ScanMoment(),
  earlier?: TargetScan,
): Promise<TargetScan> {
  const plain = target.kind === 'file' ? await scanPlainFile(target.path, moment) : undefined;
  if (plain !== undefined) return plain;
  const walk = new PathWalk(moment.looks);
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
      if (!isLocal || !entry.isFile() || local.isMounted(inside + name)) names.push(name);
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

/**
 * Scans a file that is in its place, and not behind a link of its own name; returns undefined for any other. Thousands of
 * files share the walks to their directories, and each of them costs one look.
 */
async function scanPlainFile(path: string, moment: ScanMoment): Promise<TargetScan | undefined> {
  const name = basename(path);
  if (name === '..') return undefined;
  const { walk, end, relevant } = await moment.walkTo(dirname(path));
  if (end.kind !== 'directory') return undefined;
  const place = join(end.path, name);
  const stats = await moment.looks.atFile(place, walk.statsOf(end.path));
  if (typeof stats === 'string' || !stats.isFile()) return undefined;
  const identity = walk.identityOf(end.path);
  const names = new Map(relevant.get(end.path)?.names).set(name, 'file');
  return {
    fingerprint: new Map([['', stampOf(place, stats, identity, end.links)]]),
    directories: new Map(relevant).set(end.path, { identity, names, prefix: undefined }),
  };
}

/** Checks whether a file is part of the target. If the filter throws, it is: the watch must go on. */
export function isIncluded(target: WatchTarget, relativePath: string): boolean {
  try {
    return target.filter?.(relativePath) ?? true;
  } catch {
    return true;
  }
}
