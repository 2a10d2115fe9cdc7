import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** A socket younger than this, in ms, may belong to an app that has created it and does not listen yet. */
const MIN_STALE_AGE = 2_000;

/** Removes the sockets on which no app listens: those of killed apps. Never throws. */
export async function removeStaleSockets(directory: string): Promise<void> {
  await Promise.all(
    socketsIn(directory).map(async (path) => {
      if (await refusesConnections(path)) removeIfStale(path);
    }),
  );
}

/** Lists the sockets in a directory, including those that apps are about to rename to their final name. */
export function socketsIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isSocket())
      .map(({ name }) => join(directory, name));
  } catch {
    return [];
  }
}

/** Removes a socket that has refused a connection, unless it is too young. */
function removeIfStale(path: string): void {
  try {
    if (Date.now() - lstatSync(path).ctimeMs > MIN_STALE_AGE) unlinkSync(path);
  } catch {
    // It belongs to another user, or is removed already.
  }
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
