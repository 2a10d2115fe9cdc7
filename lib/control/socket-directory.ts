import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { ENVIRONMENT_VARIABLES } from '../options/environment-variables.js';
import { listDirectory } from '../util/list-directory.js';

const { O_DIRECTORY, O_NOFOLLOW } = constants;

type Environment = Readonly<Record<string, string | undefined>>;

/** The id of the user; -1 on systems without one. */
const uid = process.getuid?.() ?? -1;

/** Lists the directories that an app without the option `socketDir` tries for its socket, the preferred one first. */
export function socketDirectories(env: Environment): string[] {
  const configured = env[ENVIRONMENT_VARIABLES.socketDir];
  if (configured) return [resolve(configured)];
  const runtime = env['XDG_RUNTIME_DIR'];
  // After `sudo` the variable may still contain the directory of another user.
  const own = runtime && isOwn(runtime) ? [join(runtime, 'hot-config')] : [];
  return [...own, ...temporaryFolders().map((folder) => join(folder, `hot-config-${uid}`))];
}

/**
 * Lists the directories in which a client looks for sockets. They are more than those of an app in the same
 * environment: an app that a service manager started may have fewer variables than a login shell, and root may operate
 * the apps of all users, as in a container.
 */
export function searchedDirectories(env: Environment): string[] {
  if (env[ENVIRONMENT_VARIABLES.socketDir]) return socketDirectories(env);
  const ofOtherUsers =
    uid === 0
      ? [
          ...listDirectory('/run/user').map((user) => `/run/user/${user}/hot-config`),
          ...temporaryFolders().flatMap((folder) =>
            listDirectory(folder)
              .filter((name) => /^hot-config-\d+$/.test(name))
              .map((name) => join(folder, name)),
          ),
        ]
      : [];
  return [...new Set([...socketDirectories(env), `/run/user/${uid}/hot-config`, ...ofOtherUsers])];
}

/**
 * Creates the directory `path` if it does not exist, and closes it to all other users. In a folder for temporary files,
 * another user may have created it first.
 *
 * @throws ConfigOptionsError if it belongs to another user, or is not a directory
 */
export function prepareDirectory(path: string): void {
  makeDirectory(path);
  refuseProblem(path, lstatSync(path));
  // Through a descriptor: by its name, another directory could be changed than the one that was checked.
  const directory = openSync(path, O_DIRECTORY | O_NOFOLLOW);
  try {
    refuseProblem(path, fstatSync(directory));
    // One that existed before may be open to others.
    fchmodSync(directory, 0o700);
  } finally {
    closeSync(directory);
  }
}

/** On a read-only file system, recursive mkdir fails with ENOENT; the plain one has the real reason. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') mkdirSync(path, { mode: 0o700 });
    throw error;
  }
}

/**
 * Checks whether the sockets in a directory can be trusted: it must belong to this user, and no other user may write to
 * it. Root trusts the directories of all users.
 */
export function isTrusted(directory: string): boolean {
  const stats = statsOf(directory);
  if (stats === undefined || !stats.isDirectory()) return false;
  return (uid === 0 || stats.uid === uid) && (stats.mode & 0o022) === 0;
}

function refuseProblem(path: string, stats: Stats): void {
  const problem = problemWith(stats);
  if (problem !== undefined)
    throw new ConfigOptionsError(`The control channel cannot use ${path}: ${problem}`);
}

function problemWith(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  if (!stats.isDirectory()) return 'it is not a directory';
  if (stats.uid !== uid) return `it belongs to user ${stats.uid}, but the app runs as user ${uid}`;
  return undefined;
}

function isOwn(path: string): boolean {
  const stats = statsOf(path);
  return stats !== undefined && stats.isDirectory() && stats.uid === uid;
}

function temporaryFolders(): string[] {
  return [...new Set([tmpdir(), '/tmp'])];
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
