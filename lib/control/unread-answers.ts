import type { Socket } from 'node:net';

/**
 * Disconnects a client that has read nothing for the timeout of its socket, although something waits for it. The timeout
 * alone would disconnect one that watches as well, if no reload happens.
 */
export function disconnectIfUnread(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
}
