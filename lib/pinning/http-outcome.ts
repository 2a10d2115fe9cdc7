import type { ServerResponse } from 'node:http';
import type { Outcome } from './outcomes.js';

/**
 * How a request ended, asked when its response is closed. A client that went away before the end is no sign of anything;
 * an answer that the server broke off is.
 */
export function outcomeOf(response: ServerResponse): Outcome {
  if (response.statusCode >= 500 || response.errored) return 'failed';
  if (response.writableFinished) return 'succeeded';
  return brokenOffHere(response) ? 'failed' : undefined;
}

/**
 * Nest breaks off an answer whose stream fails without telling the response why. Where the client breaks it off, its
 * socket has ended, or was reset. (Checked on Node 20, 22, 24 and 26; over HTTP/2 there is no socket to ask.)
 */
function brokenOffHere({ req, socket }: ServerResponse): boolean {
  return req.httpVersionMajor === 1 && socket !== null && !socket.readableEnded && !socket.errored;
}
