import { homedir, hostname } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
import type { AppIdentity } from '../../control/protocol.js';
import { packageOf } from '../../util/app-package.js';
import { isAtOrBelow } from '../../util/is-below.js';
import { currentDirectory } from '../../util/package-manifest.js';

/** How an app is related to the working directory of the command; of several apps, the nearest one is meant. */
export type Nearness = 'package' | 'started' | 'elsewhere';

/** Returns `package` in the package of the app, `started` if the app was started in this folder or in its package. */
export function nearnessOf(app: AppIdentity, here = currentDirectory()): Nearness {
  // An empty string is a directory that was removed. The folders of a container are others, whatever their names are.
  if (!isAbsolute(here) || (app.host !== undefined && app.host !== hostname())) return 'elsewhere';
  const own = packageOf(here)?.folder;
  if (app.folder !== undefined && isWithin(app.folder, here, own)) return 'package';
  if (app.cwd === here || (own !== undefined && app.cwd === own)) return 'started';
  // Without a package, the folder in which the app was started is the only one that it has.
  return app.folder === undefined && isAbsolute(app.cwd) && !isShared(app.cwd) && isWithin(app.cwd, here, own)
    ? 'started'
    : 'elsewhere';
}

export function isHere(app: AppIdentity): boolean {
  return nearnessOf(app) !== 'elsewhere';
}

/** Checks whether a folder contains this one, and this one is not in another package within it. */
function isWithin(folder: string, here: string, own: string | undefined): boolean {
  return isAtOrBelow(here, folder) && (own === undefined || own === folder || !isAtOrBelow(own, folder));
}

/** Other projects are below the root and the home directory. Services run in the root if nothing else was set. */
function isShared(folder: string): boolean {
  return dirname(folder) === folder || folder === homedir();
}
