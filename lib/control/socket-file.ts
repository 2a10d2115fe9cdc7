import { chmodSync, existsSync, lstatSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';

/** The longest path a socket can have, in bytes, on the systems Node runs on: macOS' 104 with the closing zero. */
export const LONGEST_SOCKET_PATH = 103;

/** A file this young may belong to an app that has made it and does not listen yet, in ms. */
const YOUNG = 2_000;

/** The name of the socket of an app, without `.sock`: what differs for two apps of one process. */
export function socketId(directory: string, appName: string): string {
  const base = `${
    appName
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 40) || 'app'
  }-${process.pid}`;
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!existsSync(join(directory, `${id}.sock`))) return id;
  }
}

/** Lets `server` listen at `path`, for this user only. It is there when it can be connected to, and not before. */
export async function listenAt(path: string, server: Server): Promise<void> {
  const unborn = join(dirname(path), `.${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(unborn, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  chmodSync(unborn, 0o600);
  renameSync(unborn, path);
}

/** Removes the sockets that nobody listens at any more: apps that were killed could not. Never throws. */
export async function removeStaleSockets(directory: string): Promise<void> {
  await Promise.all(
    socketsIn(directory).map(async (path) => {
      if ((await connectionTo(path)) === 'refused') removeStale(path);
    }),
  );
}

/** The sockets in a directory, with those that are being made. */
export function socketsIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isSocket())
      .map(({ name }) => join(directory, name));
  } catch {
    return [];
  }
}

/** Removes a socket that refused a connection, unless it has just been made. */
export function removeStale(path: string): void {
  try {
    if (Date.now() - lstatSync(path).ctimeMs > YOUNG) unlinkSync(path);
  } catch {
    // It is somebody else's, or gone.
  }
}

function connectionTo(path: string): Promise<'refused' | 'other'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('other');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' ? 'refused' : 'other'),
    );
  });
}
