import { posix } from 'node:path';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { describeValue } from '../../secrets/describe-value.js';
import { isPlainObject } from '../../util/branches.js';
import { keysOfPlace } from '../contract/mount.js';
import type { DirectoryOptions } from './directory-options.js';
import { isTemporaryFile } from './ignored-files.js';
import { leadsOutside } from './manifest.js';

/** Keys below the mount of each file that the option `paths` names. */
export type FilePaths = ReadonlyMap<string, readonly string[]>;

/**
 * Parses the option `paths`.
 *
 * @throws ConfigOptionsError if a file or its path cannot be used, or two files share a path
 */
export function parseFilePaths(
  { paths = {}, recursive = true }: DirectoryOptions,
  source: string,
): FilePaths {
  const fail = (message: string) => new ConfigOptionsError(`${source}: the option "paths" ${message}`);
  // Only own members of plain objects count: those of a Map would be ignored.
  if (Object(paths) === paths && !Array.isArray(paths) && !isPlainObject(paths))
    throw fail('must be a plain object that maps files to paths, without a class or a prototype');
  if (!isPlainObject(paths)) throw fail(`must map files to paths, but is ${describeValue([], paths)}`);
  const parsed = new Map<string, readonly string[]>();
  const root: Place = { file: '', isTaken: false, below: new Map() };
  for (const [file, path] of Object.entries(paths)) {
    if (file === '' || leadsOutside(file) || posix.normalize(file) !== file || file.endsWith('/'))
      throw fail(`names '${file}', which is not a file in the directory; use its path relative to it`);
    if (isTemporaryFile(file))
      throw fail(`names '${file}', which looks like a hidden or temporary file and is never read`);
    if (!recursive && file.includes('/'))
      throw fail(`names '${file}', but { recursive: false } excludes sub-directories`);
    const keys = typeof path === 'string' ? keysOfPlace(path) : undefined;
    if (keys === undefined) {
      const given = typeof path === 'string' ? `'${path}'` : describeValue([], path);
      throw fail(`maps '${file}' to ${given}, which is not a path; use one such as 'llm.api_key'`);
    }
    const other = take(root, keys, file);
    if (other !== undefined)
      throw fail(
        `maps '${other}' and '${file}' to the same path, or one within the other; change one of them`,
      );
    parsed.set(file, keys);
  }
  return parsed;
}

/** A path that the option names, or one above it. */
interface Place {
  /** The first file at this path or below it. */
  readonly file: string;
  /** `true` if the file is at this path. */
  isTaken: boolean;
  readonly below: Map<string, Place>;
}

/** Gives a path to a file. Returns the file that has it already, or a path above or below it; undefined if none has. */
function take(root: Place, keys: readonly string[], file: string): string | undefined {
  let place = root;
  let isNew = false;
  for (const key of keys) {
    if (place.isTaken) return place.file;
    let next = place.below.get(key);
    isNew = next === undefined;
    if (next === undefined) place.below.set(key, (next = { file, isTaken: false, below: new Map() }));
    place = next;
  }
  if (!isNew) return place.file;
  place.isTaken = true;
  return undefined;
}
