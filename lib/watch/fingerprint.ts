import type { BigIntStats } from 'node:fs';
import { identityOf } from './path-walk.js';

/** What can be known of a file without reading it. */
export interface FileStamp {
  /** Its real path. */
  readonly path: string;
  /** Device and inode. */
  readonly inode: string;
  /** Device and inode of the directory that holds it. */
  readonly directory: string;
  /** The symbolic links that lead to it, each with its inode and its time of change. */
  readonly links: string;
  readonly size: number;
  /** When its content and when its inode changed last, in ns. */
  readonly times: string;
  /** It has other names (hard links), under which it may be written: no event tells of that by this one. */
  readonly hasOtherNames?: true;
}

/** The files of a target by their path relative to it; `''` for a target that is a file. What is missing is absent. */
export type Fingerprint = ReadonlyMap<string, FileStamp>;

/** The state of the file at the end of a walk. */
export function fileState(path: string, stats: BigIntStats, directory: string, links: string): FileStamp {
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

/** Whether two looks saw the same. */
export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  if (a.size !== b.size) return false;
  for (const [name, state] of a) {
    if (!sameState(state, b.get(name))) return false;
  }
  return true;
}

/** The files that are not as they were, those that are gone as `undefined`. */
export function changedFiles(
  before: Fingerprint,
  after: Fingerprint,
): { before: FileStamp | undefined; after: FileStamp | undefined }[] {
  const changed = [];
  for (const [name, state] of after) {
    if (!sameState(state, before.get(name))) changed.push({ before: before.get(name), after: state });
  }
  for (const [name, state] of before) {
    if (!after.has(name)) changed.push({ before: state, after: undefined });
  }
  return changed;
}

/**
 * Whether everything that differs was put in place whole: by a rename over the old file, or by swapping a link that
 * leads to it. A file that is new, gone, empty, or in another directory than before does not qualify: it may just be
 * being created and written, perhaps before that directory was watched.
 */
export function isReplacement(before: Fingerprint, after: Fingerprint): boolean {
  const changed = changedFiles(before, after);
  return changed.length > 0 && changed.every((file) => wasPutInPlace(file.before, file.after));
}

function wasPutInPlace(before: FileStamp | undefined, after: FileStamp | undefined): boolean {
  if (!before || !after || after.size === 0) return false;
  if (before.inode === after.inode) return false;
  return before.links !== after.links || before.directory === after.directory;
}

function sameState(a: FileStamp, b: FileStamp | undefined): boolean {
  return (
    b !== undefined &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.times === b.times &&
    a.links === b.links &&
    a.path === b.path
  );
}
