import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { namesIn } from '../util/list-directory.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's number; -1 where the system has no such thing. */
const uid = process.getuid?.() ?? -1;

/** Where an app that names no directory puts its socket, best first. */
export function socketDirectories(env: Environment): string[] {
  const named = env['HOT_CONFIG_SOCKET_DIR'];
  if (named) return [resolve(named)];
  const runtime = env['XDG_RUNTIME_DIR'];
  // After `sudo` the variable may still name another user's.
  const own = runtime && isOwn(runtime) ? [join(runtime, 'hot-config')] : [];
  const temporary = [...new Set([tmpdir(), '/tmp'])].map((folder) => join(folder, `hot-config-${uid}`));
  return [...own, ...temporary];
}

/**
 * Everywhere a client should look. An app that a service manager started may know less of the environment than a
 * login shell; and root may talk to everybody's apps, as an operator in a container does.
 */
export function searchedDirectories(env: Environment): string[] {
  const usual = [
    ...socketDirectories(env),
    ...(env['HOT_CONFIG_SOCKET_DIR'] ? [] : [`/run/user/${uid}/hot-config`]),
  ];
  const everybodys =
    uid === 0 && !env['HOT_CONFIG_SOCKET_DIR']
      ? [
          ...namesIn('/run/user').map((user) => `/run/user/${user}/hot-config`),
          ...[...new Set([tmpdir(), '/tmp'])].flatMap((folder) =>
            namesIn(folder)
              .filter((name) => /^hot-config-\d+$/.test(name))
              .map((name) => join(folder, name)),
          ),
        ]
      : [];
  return [...new Set([...usual, ...everybodys])];
}

/**
 * Makes `path` a directory of this user, closed to everybody else. A folder for temporary files is everybody's: another
 * user may have been there before.
 *
 * @throws ConfigOptionsError where it is somebody else's, or no directory
 */
export function prepareDirectory(path: string): void {
  makeDirectory(path);
  const problem = problemWith(lstatSync(path));
  if (problem !== undefined)
    throw new ConfigOptionsError(`The control channel cannot use ${path}: ${problem}`);
  // The directory is ours: what umask or an earlier hand left open is closed.
  chmodSync(path, 0o700);
}

/** On a read-only file system, Node's recursive way says ENOENT: the plain one says why. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') mkdirSync(path, { mode: 0o700 });
    throw error;
  }
}

/** Whether sockets in `path` may be trusted to be this user's; root trusts whoever owns it. */
export function isTrusted(path: string): boolean {
  const stats = statsOf(path);
  if (stats === undefined || !stats.isDirectory()) return false;
  return (uid === 0 || stats.uid === uid) && (stats.mode & 0o022) === 0;
}

function problemWith(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  if (!stats.isDirectory()) return 'it is not a directory';
  if (stats.uid !== uid) return `it belongs to the user ${stats.uid}, and the app runs as ${uid}`;
  return undefined;
}

function isOwn(path: string): boolean {
  const stats = statsOf(path);
  return stats !== undefined && stats.isDirectory() && stats.uid === uid;
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
