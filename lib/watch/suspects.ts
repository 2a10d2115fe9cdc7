import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { sameStamp, stampOf, type FileStamp, type Fingerprint } from './fingerprint.js';

/** With more files, looking at all of them costs little more. */
const MAX_FILES = 100;

/**
 * The files that events have named since a target has settled. In a directory with thousands of files, a scan because of an
 * event looks only at these. Every other scan looks at all files, also the one after a change: an event is only a hint.
 */
export class Suspects {
  /** With the device and inode of the directory that has reported the file; undefined if anything may have changed. */
  #files: Map<string, string> | undefined = new Map();
  #isAllDue = false;
  #last: Fingerprint | undefined;

  /** The files that events have named; none if any file may have changed. */
  get files(): string[] {
    return [...(this.#files?.keys() ?? [])];
  }

  /** @param directory device and inode of the directory that reports it */
  suspect(file: string, directory: string): void {
    this.#files?.set(file, directory);
    if (this.#files !== undefined && this.#files.size > MAX_FILES) this.#files = undefined;
  }

  /** An event may mean a change of any file: all are looked at until the target has settled. */
  suspectAll(): void {
    this.#files = undefined;
  }

  /** Makes the next scan look at all files. */
  suspectAllOnce(): void {
    this.#isAllDue = true;
  }

  /** A scan has looked at all files. */
  found(fingerprint: Fingerprint): void {
    this.#last = fingerprint;
  }

  /** The target has settled. */
  clear(): void {
    this.#files = new Map();
  }

  /**
   * Looks at the named files only. Returns undefined if all files have to be looked at: if one was added, removed, or is no
   * plain file in its place.
   */
  async rescan(): Promise<Fingerprint | undefined> {
    const isAllDue = this.#isAllDue;
    this.#isAllDue = false;
    const [last, files] = [this.#last, this.#files];
    if (isAllDue || last === undefined || files === undefined || last.size <= MAX_FILES) return undefined;
    const changed = new Map<string, FileStamp>();
    // Also those that events name meanwhile.
    for (const [file, directory] of files) {
      const before = last.get(file);
      const now = before && (await lookAgain(file, directory, before));
      if (now === undefined) return undefined;
      changed.set(file, now);
    }
    // Another scan may have found more meanwhile.
    if (this.#last !== last) return undefined;
    const isSame = [...changed].every(([file, stamp]) => sameStamp(stamp, last.get(file)));
    // As the same object, which is known to be equal without a comparison of all files.
    if (!isSame) this.#last = new Map([...last, ...changed]);
    return this.#last;
  }
}

async function lookAgain(file: string, directory: string, before: FileStamp): Promise<FileStamp | undefined> {
  // Otherwise a link, which leads to a file with another name or in another directory.
  const isInPlace = before.directory === directory && basename(file) === basename(before.path);
  if (!isInPlace) return undefined;
  const stats = await lstat(before.path, { bigint: true }).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  // Its other names may be in the directory, too. They change with it, and an event names only one.
  if (before.hasOtherNames || stats.nlink > 1n) return undefined;
  return stampOf(before.path, stats, before.directory, before.links);
}
