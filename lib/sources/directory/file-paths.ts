import { posix } from 'node:path';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';
import { isWithin, tryParsePath } from '../../model/paths.js';
import { describeValue } from '../../secrets/secret-names.js';
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
  if (typeof paths !== 'object' || paths === null || Array.isArray(paths))
    throw fail(`must map files to paths, but is ${describeValue([], paths)}`);
  const parsed = new Map<string, readonly string[]>();
  for (const [file, path] of Object.entries(paths)) {
    if (file === '' || leadsOutside(file) || posix.normalize(file) !== file || file.endsWith('/'))
      throw fail(`names '${file}', which is not a file in the directory; use its path relative to it`);
    if (isTemporaryFile(file))
      throw fail(`names '${file}', which looks like a hidden or temporary file and is never read`);
    if (!recursive && file.includes('/'))
      throw fail(`names '${file}', but { recursive: false } excludes sub-directories`);
    const keys = typeof path === 'string' ? tryParsePath(path) : undefined;
    if (keys === undefined || keys.some(isForbiddenKey)) {
      const given = typeof path === 'string' ? `'${path}'` : describeValue([], path);
      throw fail(`maps '${file}' to ${given}, which is not a path; use one such as 'llm.api_key'`);
    }
    for (const [other, taken] of parsed) {
      if (isWithin(keys, taken) || isWithin(taken, keys))
        throw fail(
          `maps '${other}' and '${file}' to the same path, or one within the other; change one of them`,
        );
    }
    parsed.set(file, keys);
  }
  return parsed;
}
