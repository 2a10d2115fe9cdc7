import { ConfigOptionsError } from '../../errors/config.errors.js';
import { checkCount } from '../../options/checks.js';
import { durationMs } from '../../options/duration.js';
import { type HistoryOptions, versionsToKeep } from '../history-options.js';
import { VersionStore, type VersionStoreParts } from './version-store.js';

/** In ms: longer than anybody's configuration. */
const CENTURY = 36_500 * 86_400_000;

const MAX_BYTES = 100 * 1024 * 1024;

/**
 * The store that an app wants; undefined where it wants none.
 *
 * @throws ConfigOptionsError where the options make no sense
 */
export function versionStoreOf(
  options: HistoryOptions,
  parts: Pick<VersionStoreParts, 'isSecret' | 'logger' | 'recognised'>,
): VersionStore | undefined {
  const { dir, maxAge, maxBytes, key } = options;
  if (key?.length === 0)
    throw new ConfigOptionsError(
      'The option "history.key" is empty; leave it out to keep secrets off the disk',
    );
  if (dir === undefined) return undefined;
  if (dir === '')
    throw new ConfigOptionsError(
      'The option "history.dir" is empty; name a directory, or leave it out to keep versions in memory only',
    );
  return new VersionStore({
    ...parts,
    dir,
    ...(key !== undefined && { key }),
    max: versionsToKeep(options),
    maxAge: maxAge === undefined ? Infinity : durationMs('history.maxAge', maxAge, CENTURY),
    maxBytes: checkCount('history.maxBytes', maxBytes ?? MAX_BYTES),
  });
}
