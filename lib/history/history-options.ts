import { checkCount } from '../options/checks.js';
import type { Duration } from '../options/duration.js';

/**
 * How many versions are kept, and where.
 *
 * @publicApi
 */
export interface HistoryOptions {
  /** The number of versions that are kept; pinned versions are kept in addition. Default 10. */
  readonly max?: number;
  /**
   * The directory that versions are written to; relative paths start at the working directory. It is made where it does
   * not exist, and should hold nothing else. Default: none, and versions end with the process.
   */
  readonly dir?: string;
  /** How old versions on disk may be, as ms or `'30d'`. The newest stays. Default: any age. */
  readonly maxAge?: Duration;
  /** How many bytes all versions on disk may have together. The newest stays. Default 100 MiB. */
  readonly maxBytes?: number;
  /**
   * What secret values are encrypted with (AES-256-GCM; the key is derived by scrypt): at best 32 random bytes, and
   * never in a configuration file. Without it secret values are not written; a version that is brought back takes them
   * from what the sources say then.
   *
   * It also makes the hashes of snapshots the same in all processes that have it, though there are secrets in them.
   */
  readonly key?: string | Uint8Array | undefined;
}

/** @throws ConfigOptionsError if `history.max` is not a count */
export function versionsToKeep({ max = 10 }: HistoryOptions = {}): number {
  return checkCount('history.max', max);
}
