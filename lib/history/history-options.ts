import { checkCount } from '../options/checks.js';
import type { Duration } from '../options/duration.js';

/**
 * Options for the versions that are kept.
 *
 * @publicApi
 */
export interface HistoryOptions {
  /** Number of versions that are kept. Pinned versions are kept in addition. Default 10. */
  readonly max?: number;
  /**
   * Directory that versions are written to. Relative paths are resolved against the working directory. It is created if it
   * does not exist, and should contain nothing else. Default: none; versions are kept in memory, until the process ends.
   */
  readonly dir?: string;
  /** Maximum age of a version on disk, in ms or as `'30d'`. The newest version always stays. Default: no limit. */
  readonly maxAge?: Duration;
  /** Maximum size of all versions on disk together, in bytes. The newest version always stays. Default 100 MiB. */
  readonly maxBytes?: number;
  /**
   * Key that authenticates the files on disk (HMAC-SHA-256), so that only what was written with it is restored, and
   * encrypts the secret values in them (AES-256-GCM). At least 32 characters or bytes, of which 8 are different: use 32
   * random bytes (`openssl rand -base64 32`), and never store them in a configuration file. Default: none. Files are then
   * not authenticated, secret values are not written, and a restored version takes them from the current content of the
   * sources.
   *
   * Processes with the same key have the same hash for the same content, even if it contains secrets.
   */
  readonly key?: string | Uint8Array | undefined;
}

/** @throws ConfigOptionsError if `history.max` is not a positive integer */
export function versionsToKeep({ max = 10 }: HistoryOptions = {}): number {
  return checkCount('history.max', max);
}
