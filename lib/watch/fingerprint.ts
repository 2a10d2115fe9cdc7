import type { BigIntStats } from 'node:fs';
import { identityOf } from './path-walk.js';

/** The properties of a file that are known without reading it. */
export interface FileStamp {
  /** Its real path. */
  readonly path: string;
  /** Device and inode. */
  readonly inode: string;
  /** Device and inode of the directory that contains it. */
  readonly directory: string;
  /** The symbolic links that lead to it, each with its inode and its time of change. */
  readonly links: string;
  readonly size: number;
  /** Last change of its content and of its inode, in ns. */
  readonly times: string;
  /** It has other names (hard links). A write under one of them causes no event for this name. */
  readonly hasOtherNames?: true;
}

/** The files of a target by their path relative to it; `''` if the target is a file. Missing files are absent. */
export type Fingerprint = ReadonlyMap<string, FileStamp>;

/** Makes the stamp of the file at the end of a walk. */
export function stampOf(path: string, stats: BigIntStats, directory: string, links: string): FileStamp {
  return {
    path,
    inode: identityOf(stats),
    directory,
    links,
    size: Number(stats.size),
    times: `${stats.mtimeNs}:${stats.ctimeNs}`,
    ...(stats.nlink > 1n && { hasOtherNames: true }),
  };
}

/** Checks whether two scans found the same. */
export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, stamp] of a) {
    if (!sameStamp(stamp, b.get(name))) return false;
  }
  return true;
}

/** A file that differs; a removed file has no `after`, a new one no `before`. */
export interface ChangedFile {
  readonly before: FileStamp | undefined;
  readonly after: FileStamp | undefined;
}

/** Returns the files that differ. */
export function changedFiles(before: Fingerprint, after: Fingerprint): readonly ChangedFile[] {
  const changed: ChangedFile[] = [];
  let kept = 0;
  for (const [name, stamp] of after) {
    const earlier = before.get(name);
    if (earlier !== undefined) kept += 1;
    if (!sameStamp(stamp, earlier)) changed.push({ before: earlier, after: stamp });
  }
  if (kept === before.size) return changed;
  for (const [name, stamp] of before) {
    if (!after.has(name)) changed.push({ before: stamp, after: undefined });
  }
  return changed;
}

/**
 * Checks whether files that differ were all put in place as a whole: by a rename over the old file, or by swapping a
 * link that leads to it. A file that is new, gone, empty, or in another directory than before does not count: it may
 * have just been created and still be written, perhaps since before that directory was watched.
 */
export function isReplacement(changed: readonly ChangedFile[]): boolean {
  return changed.length > 0 && changed.every((file) => wasPutInPlace(file.before, file.after));
}

function wasPutInPlace(before: FileStamp | undefined, after: FileStamp | undefined): boolean {
  if (!before || !after || after.size === 0) return false;
  if (before.inode === after.inode) return false;
  return before.links !== after.links || before.directory === after.directory;
}

/** Checks whether two looks at a file found the same. */
export function sameStamp(a: FileStamp, b: FileStamp | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.times === b.times &&
    a.links === b.links &&
    a.path === b.path
  );
}
