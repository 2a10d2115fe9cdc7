import { isForbiddenKey } from '../../limits/forbidden-keys.js';
import { mapKey } from './directory.layer.js';
import type { ListedFile } from './file-keys.js';

/** A file whose keys are not allowed. */
export interface KeyConflict {
  readonly file: string;
  readonly keys: readonly string[];
  /** @param display returns the path of a file for messages */
  readonly describe: (display: (file: string) => string) => string;
}

/** Finds files with the same keys, files with keys within the content of another file, and keys that are not allowed. */
export function findKeyConflicts(listed: readonly ListedFile[]): KeyConflict[] {
  const conflicts: KeyConflict[] = [];
  const fileByKeys = new Map<string, string>();
  const fileByNormalKeys = new Map<string, string>();
  const report = ({ file, keys }: ListedFile, describe: KeyConflict['describe']): void =>
    void conflicts.push({ file, keys, describe });
  for (const each of listed) {
    const { file, keys, key } = each;
    const other = fileByKeys.get(key);
    if (other === file) {
      report(
        each,
        (display) => `comes from ${display(file)}, which the manifest lists twice; remove one entry`,
      );
    } else if (other !== undefined) {
      report(each, (display) => `comes from two files, ${display(other)} and ${display(file)}; remove one`);
    }
    const normal = key.normalize();
    const same = fileByNormalKeys.get(normal);
    if (same !== undefined && other === undefined) {
      const spelling = 'whose names look the same, but have other Unicode characters (NFC and NFD)';
      report(
        each,
        (display) => `comes from two files, ${display(same)} and ${display(file)}, ${spelling}; remove one`,
      );
    }
    fileByNormalKeys.set(normal, file);
    fileByKeys.set(key, file);
    if (keys.some((name) => isForbiddenKey(name) || name === ''))
      report(each, () => 'is not allowed as a key; rename the file');
  }
  for (const each of listed) {
    for (let length = 1; length < each.keys.length; length += 1) {
      const outer = fileByKeys.get(mapKey(each.keys.slice(0, length)));
      if (outer !== undefined)
        report(each, (display) => `is within the content of ${display(outer)}; move one of them`);
    }
  }
  return conflicts;
}
