import { ConfigOptionsError } from '../../errors/config.errors.js';
import { checkCount } from '../../options/checks.js';
import { durationMs } from '../../options/duration.js';
import { packageOfProcess } from '../../util/app-package.js';
import { type HistoryOptions, versionsToKeep } from '../history-options.js';
import { checkHistoryKey } from './history-key.js';
import type { VersionOwner } from './version-owner.js';
import { VersionStore, type VersionStoreOptions } from './version-store.js';

/** Limit for `history.maxAge`, in ms: a century. */
const MAX_AGE = 36_500 * 86_400_000;

/** Default of `history.maxBytes`. */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;

/**
 * Creates the store for an app; returns `undefined` if the app keeps its versions in memory only.
 *
 * @throws ConfigOptionsError if the options are not valid
 */
export function createVersionStore(
  options: HistoryOptions,
  context: Pick<VersionStoreOptions, 'isSecret' | 'logger' | 'history' | 'limits'> &
    Pick<VersionOwner, 'sources'>,
): VersionStore | undefined {
  const { dir, maxAge, maxBytes, key } = options;
  if (key !== undefined) checkHistoryKey(key);
  if (dir === undefined) return undefined;
  if (dir === '')
    throw new ConfigOptionsError(
      'The option "history.dir" is empty; name a directory, or leave it out to keep versions in memory only',
    );
  const { sources, ...others } = context;
  return new VersionStore({
    ...others,
    owner: { app: packageOfProcess()?.name, sources },
    dir,
    ...(key !== undefined && { key }),
    max: versionsToKeep(options),
    maxAge: maxAge === undefined ? Infinity : durationMs('history.maxAge', maxAge, MAX_AGE),
    maxBytes: checkCount('history.maxBytes', maxBytes ?? DEFAULT_MAX_BYTES),
  });
}
