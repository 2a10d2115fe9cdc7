import { invalidOption } from '../options/checks.js';

/**
 * How large the content of sources may be. What exceeds a limit is rejected with a clear error.
 *
 * @publicApi
 */
export interface ContentLimits {
  /** Bytes of one file. Default 16 MiB. */
  readonly maxFileSize: number;
  /** Bytes of all files of one source together (a directory). Default 64 MiB. */
  readonly maxTotalSize: number;
  /** How deep objects and arrays may nest. Default 64. */
  readonly maxDepth: number;
  /** Keys and array elements of one layer. Default 1,000,000. */
  readonly maxKeys: number;
  /** How many times the files of one `file()` may import another. Default 1,000. */
  readonly maxImports: number;
  /** How many nodes YAML aliases may expand to, as `yaml`'s `maxAliasCount` counts. Default 100. */
  readonly maxAliasCount: number;
}

/** The limits that hold where the app sets none. */
export const DEFAULT_CONTENT_LIMITS: ContentLimits = {
  maxFileSize: 16 * 1024 * 1024,
  maxTotalSize: 64 * 1024 * 1024,
  maxDepth: 64,
  maxKeys: 1_000_000,
  maxImports: 1_000,
  maxAliasCount: 100,
};

/**
 * The limits that an app wants, and the defaults for the others. One that is given as undefined is not given.
 *
 * @throws ConfigOptionsError where a limit is no number: nothing would exceed it
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
