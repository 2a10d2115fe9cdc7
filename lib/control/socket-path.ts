import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../util/reason-of.js';
import { prepareDirectory, socketDirectories } from './socket-directory.js';
import { removeStaleSockets } from './stale-sockets.js';

/** Maximum length of a socket's path on all systems that Node runs on, in bytes: macOS' 104 minus the closing zero. */
const MAX_SOCKET_PATH_LENGTH = 103;

/**
 * Chooses the path and the id of an app's socket, in the first directory that can be used.
 *
 * @param socketDir the only directory to try; without it, the default ones
 * @throws Error if no directory can be used
 */
export async function chooseSocketPath(
  appName: string,
  socketDir: string | undefined,
): Promise<{ readonly path: string; readonly id: string }> {
  const directories = socketDir === undefined ? socketDirectories(process.env) : [socketDir];
  const problems: string[] = [];
  for (const directory of directories) {
    try {
      prepareDirectory(directory);
      await removeStaleSockets(directory);
      const id = freeId(directory, appName);
      const path = join(directory, `${id}.sock`);
      if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_LENGTH) return { path, id };
      problems.push(
        `${path} is longer than ${MAX_SOCKET_PATH_LENGTH} bytes, the maximum for the path of a socket`,
      );
    } catch (error) {
      problems.push(reasonOf(error));
    }
  }
  throw new Error(
    `${problems.join('; ')}. Set HOT_CONFIG_SOCKET_DIR or the option control.socketDir to a directory that this user can write to`,
  );
}

/** Returns an id that no other socket in the directory has: two apps of one process may have the same name. */
function freeId(directory: string, appName: string): string {
  const name = appName.replaceAll(/[^\w.-]+/g, '-').replace(/^[.-]+/, '');
  const base = `${name.slice(0, 40) || 'app'}-${process.pid}`;
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!existsSync(join(directory, `${id}.sock`))) return id;
  }
}
