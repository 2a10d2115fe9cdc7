import { invalidOption } from '../options/checks.js';

/**
 * Limits for the content of sources. Content that exceeds a limit is rejected with an error that names the limit.
 *
 * @publicApi
 */
export interface ContentLimits {
  /** Size of one file, in bytes. Default 2 MiB. */
  readonly maxFileSize: number;
  /** Total size of all files of one source, in bytes. Default 8 MiB. */
  readonly maxTotalSize: number;
  /** Levels of nested objects and arrays. Default 64. */
  readonly maxDepth: number;
  /** Keys and array elements of one layer. Counted while it is parsed. Default 120,000. */
  readonly maxKeys: number;
  /** Files and directories that one `directory()` looks at, also those that it does not read. Default 10,000. */
  readonly maxEntries: number;
  /** Imports in all files of one `file()` together. Default 1,000. */
  readonly maxImports: number;
  /** Nodes (values, lists and mappings) that all aliases of a YAML file together expand to. Default 250,000. */
  readonly maxAliasCount: number;
}

/**
 * Measured so that a reload with content at the limits is applied or refused in a process with a heap of 256 MB, as a small
 * container has. What takes memory is the number of values, about 300 bytes each in a version, and three times that while
 * YAML is parsed; the size of the file limits what a parser creates before the values can be counted.
 */
export const DEFAULT_CONTENT_LIMITS: Readonly<ContentLimits> = {
  maxFileSize: 2 * 1024 * 1024,
  maxTotalSize: 8 * 1024 * 1024,
  maxDepth: 64,
  maxKeys: 120_000,
  maxEntries: 10_000,
  maxImports: 1_000,
  maxAliasCount: 250_000,
};

/**
 * Completes the limits of an app with the defaults. A limit that is `undefined` counts as not set.
 *
 * @throws ConfigOptionsError if a limit is not a number: no content would ever exceed it.
 */
export function resolveContentLimits(given: Partial<ContentLimits> = {}): ContentLimits {
  const limits: Record<string, unknown> = { ...DEFAULT_CONTENT_LIMITS };
  for (const [name, limit] of Object.entries(given)) {
    if (limit === undefined) continue;
    if (typeof limit !== 'number' || Number.isNaN(limit))
      throw invalidOption(`limits.${name}`, 'a number', limit);
    limits[name] = limit;
  }
  return limits as unknown as ContentLimits;
}
