import { basename } from 'node:path';
import { isTrusted, searchedDirectories } from '../../control/socket-directory.js';
import { removeIfStale, socketsIn } from '../../control/stale-sockets.js';
import { CliError } from '../errors/cli.error.js';
import type { AppConnection } from './app-connection.interface.js';
import { SocketConnection } from './socket-connection.js';

/** An app whose socket was found. */
export interface FoundApp {
  /** The name of the socket: `gateway-42`. */
  readonly id: string;
  /** Absent if the app did not greet. */
  readonly connection?: AppConnection;
  /** The reason why there is no connection. */
  readonly problem?: CliError;
}

/** Connects to all apps whose sockets this user can open. Removes the sockets of killed apps. */
export async function findApps(socketDir: string | undefined, timeout: number): Promise<FoundApp[]> {
  const directories = socketDir === undefined ? searchedDirectories(process.env) : [socketDir];
  const paths = directories
    .filter(isTrusted)
    .flatMap(socketsIn)
    .filter((path) => path.endsWith('.sock'));
  const found = await Promise.all(paths.map((path) => tryToConnect(path, timeout)));
  return found.filter((app) => app !== undefined).sort((a, b) => a.id.localeCompare(b.id));
}

async function tryToConnect(path: string, timeout: number): Promise<FoundApp | undefined> {
  const id = basename(path, '.sock');
  try {
    return { id, connection: await SocketConnection.open(path, timeout) };
  } catch (error) {
    if (error instanceof CliError) return { id, problem: error };
    // No app listens, or this user has no permission.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') removeIfStale(path);
    return undefined;
  }
}
