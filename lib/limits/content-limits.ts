import { invalidOption } from '../options/checks.js';

/**
 * Limits for the content of sources. Content that exceeds a limit is rejected with an error that names the limit.
 *
 * @publicApi
 */
export interface ContentLimits {
  /** Size of one file, in bytes. Default 16 MiB. */
  readonly maxFileSize: number;
  /** Total size of all files of one source, in bytes. Default 64 MiB. */
  readonly maxTotalSize: number;
  /** Levels of nested objects and arrays. Default 64. */
  readonly maxDepth: number;
  /** Keys and array elements of one layer. Default 1,000,000. */
  readonly maxKeys: number;
  /** Files and directories that one `directory()` looks at, also those that it does not read. Default 10,000. */
  readonly maxEntries: number;
  /** Imports in all files of one `file()` together. Default 1,000. */
  readonly maxImports: number;
  /** Nodes (values, lists and mappings) that all aliases of a YAML file together expand to. Default 250,000. */
  readonly maxAliasCount: number;
}

export const DEFAULT_CONTENT_LIMITS: Readonly<ContentLimits> = {
  maxFileSize: 16 * 1024 * 1024,
  maxTotalSize: 64 * 1024 * 1024,
  maxDepth: 64,
  maxKeys: 1_000_000,
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
