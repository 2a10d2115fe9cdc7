import { basename, dirname, resolve } from 'node:path';
import { isTrusted, searchedDirectories } from '../../control/socket-directory.js';
import { socketsIn } from '../../control/stale-sockets.js';
import { CliError } from '../errors/cli.error.js';
import type { AppConnection } from './app-connection.interface.js';
import { SocketConnection } from './socket-connection.js';

/** An app whose socket was found. */
export interface FoundApp {
  /** The name of the socket: `gateway-42`. */
  readonly id: string;
  /** The directory of the socket. */
  readonly socketDir: string;
  /** Absent if the app did not greet. */
  readonly connection?: AppConnection;
  /** The reason why there is no connection. */
  readonly problem?: CliError;
}

/**
 * Connects to all apps whose sockets this user can open. Creates and removes nothing: root looks into the directories of
 * other users, who could replace a directory by a link between two steps.
 */
export async function findApps(socketDir: string | undefined, timeout: number): Promise<FoundApp[]> {
  return findIn(directoriesOf(socketDir), timeout);
}

/** Finds the apps in the usual directories, if another one was searched. */
export async function findAppsElsewhere(socketDir: string | undefined, timeout: number): Promise<FoundApp[]> {
  if (socketDir === undefined) return [];
  const usual = searchedDirectories({ ...process.env, HOT_CONFIG_SOCKET_DIR: undefined });
  return findIn(
    usual.filter((directory) => directory !== resolve(socketDir)),
    timeout,
  );
}

/** Lists the directories in which apps are looked for. */
export function directoriesOf(socketDir: string | undefined): string[] {
  return socketDir === undefined ? searchedDirectories(process.env) : [resolve(socketDir)];
}

async function findIn(directories: readonly string[], timeout: number): Promise<FoundApp[]> {
  const paths = directories
    .filter(isTrusted)
    .flatMap(socketsIn)
    .filter((path) => path.endsWith('.sock'));
  const found = await Promise.all(paths.map((path) => tryToConnect(path, timeout)));
  return found.filter((app) => app !== undefined).sort((a, b) => a.id.localeCompare(b.id));
}

async function tryToConnect(path: string, timeout: number): Promise<FoundApp | undefined> {
  const [id, socketDir] = [basename(path, '.sock'), dirname(path)];
  try {
    return { id, socketDir, connection: await SocketConnection.open(path, timeout) };
  } catch (error) {
    if (error instanceof CliError) return { id, socketDir, problem: error };
    // No app listens, or this user has no permission.
    return undefined;
  }
}
