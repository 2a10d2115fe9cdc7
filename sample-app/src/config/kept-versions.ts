import type { HotConfigModuleOptions } from 'nestjs-hot-config';

/**
 * With HISTORY_DIR, versions are kept on disk, and the app starts on the last good one if a file is broken:
 * `HISTORY_DIR=/tmp/gateway npm run demo`.
 */
export function keptVersions(): Pick<HotConfigModuleOptions, 'history' | 'onInvalidBoot'> {
  const dir = process.env['HISTORY_DIR'];
  return dir === undefined ? {} : { history: { dir }, onInvalidBoot: 'lastKnownGood' };
}
