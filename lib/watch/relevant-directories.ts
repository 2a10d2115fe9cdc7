import { parse } from 'node:path';
import type { EntryKind, PathWalk } from './path-walk.js';

/** A directory in which an event may mean a change of the target. */
export interface RelevantDirectory {
  /** The device and inode of the directory at the time of the scan. */
  readonly identity: string;
  /** The names in it that lie on the path to the target. */
  readonly names: ReadonlyMap<string, EntryKind>;
  /** The prefix that turns a name in it into a path relative to the target; undefined if its files are not part of it. */
  readonly prefix: string | undefined;
}

/** Checks whether the target, or a link to it, is or was in that directory. Others are only on the path to it. */
export function containsTarget({ prefix, names }: Omit<RelevantDirectory, 'identity'>): boolean {
  return prefix !== undefined || [...names.values()].some((kind) => kind !== 'directory');
}

/** Returns the directories in which an event may mean a change of what a walk has led to, by their real path. */
export function relevantDirectories(
  walk: PathWalk,
  prefixes: ReadonlyMap<string, string> = new Map(),
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
