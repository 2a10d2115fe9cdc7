import { basename } from 'node:path';
import { isTrusted, searchedDirectories } from '../../control/socket-directory.js';
import { removeIfStale, socketsIn } from '../../control/stale-sockets.js';
import { CliError } from '../errors/cli.error.js';
import type { Link } from './app-connection.interface.js';
import { SocketConnection } from './socket-connection.js';

/** An app whose socket was found. */
export interface FoundApp {
  /** `gateway-42`, from the name of the socket. */
  readonly id: string;
  /** The connection; absent where the app did not greet. */
  readonly link?: Link;
  /** Why there is none. */
  readonly problem?: CliError;
}

/** The apps whose sockets this user may open. Sockets that killed apps left behind are removed on the way. */
export async function findApps(socketDir: string | undefined, timeout: number): Promise<FoundApp[]> {
  const directories = socketDir === undefined ? searchedDirectories(process.env) : [socketDir];
  const paths = directories
    .filter(isTrusted)
    .flatMap(socketsIn)
    .filter((path) => path.endsWith('.sock'));
  const found = await Promise.all(paths.map((path) => tryApp(path, timeout)));
  return found.filter((app) => app !== undefined).sort((a, b) => a.id.localeCompare(b.id));
}

async function tryApp(path: string, timeout: number): Promise<FoundApp | undefined> {
  const id = basename(path, '.sock');
  try {
    return { id, link: await SocketConnection.open(path, timeout) };
  } catch (error) {
    if (error instanceof CliError) return { id, problem: error };
    // Nobody listens, or it is not for this user.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') removeIfStale(path);
    return undefined;
  }
}
