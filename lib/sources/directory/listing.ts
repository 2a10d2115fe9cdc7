import { describeInvisible } from '../../util/control-characters.js';
import { mapKey } from './directory.layer.js';
import type { ListedFile } from './file-keys.js';
import { findKeyConflicts, type KeyConflict } from './key-conflicts.js';
import type { SuspectedCopy } from './leftover-files.js';

/** The files of a directory with their keys, and what is known from their names alone. */
export class Listing {
  readonly files: readonly ListedFile[];
  readonly names: readonly string[];
  readonly conflicts: readonly KeyConflict[];
  /** Files with characters in their names that cannot be seen. */
  readonly invisible: readonly string[];

  constructor(
    /** What it was made of: the names of all files in the directory, or the hash of its manifest. */
    readonly madeOf: readonly string[],
    files: readonly { readonly file: string; readonly keys: readonly string[] }[],
    /** Files that look like copies of others. */
    readonly copies: readonly SuspectedCopy[] = [],
  ) {
    this.files = files.map(({ file, keys }) => {
      const key = mapKey(keys);
      return { file, keys, key, hashed: `[${key},${JSON.stringify(file)},` };
    });
    this.names = files.map(({ file }) => file);
    this.conflicts = findKeyConflicts(this.files);
    this.invisible = this.names.filter((file) => describeInvisible(file) !== undefined);
  }

  isMadeOf(names: readonly string[]): boolean {
    return this.madeOf.length === names.length && this.madeOf.every((name, index) => name === names[index]);
  }
}
