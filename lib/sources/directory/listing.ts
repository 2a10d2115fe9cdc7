import { mapKey } from './directory.layer.js';
import type { ListedFile } from './file-keys.js';
import { findKeyConflicts, type KeyConflict } from './key-conflicts.js';
import type { SuspectedCopy } from './leftover-files.js';

/** The files of a directory with their keys, and what is known from their names alone. */
export class Listing {
  readonly files: readonly ListedFile[];
  readonly names: readonly string[];
  readonly conflicts: readonly KeyConflict[];

  constructor(
    /** What it was made of: the names of all files in the directory, or the hash of its manifest. */
    readonly madeOf: readonly string[],
    files: readonly { readonly file: string; readonly keys: readonly string[] }[],
    /** Files that look like copies of others. */
    readonly copies: readonly SuspectedCopy[] = [],
  ) {
    this.files = files.map(({ file, keys }) => ({ file, keys, key: mapKey(keys) }));
    this.names = files.map(({ file }) => file);
    this.conflicts = findKeyConflicts(this.files);
  }

  isMadeOf(names: readonly string[]): boolean {
    return this.madeOf.length === names.length && this.madeOf.every((name, index) => name === names[index]);
  }
}
