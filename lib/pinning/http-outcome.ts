import type { ServerResponse } from 'node:http';
import type { Outcome } from './outcome-counters.js';

/**
 * Returns the outcome of a request when its response is closed. A client that disconnects early has no outcome; a
 * response that the server aborts is a failure.
 */
export function outcomeOf(response: ServerResponse): Outcome {
  if (response.statusCode >= 500 || response.errored) return 'failed';
  // Over HTTP/2, a response also finishes when its client disconnects before its end.
  if (response.writableFinished && response.writableEnded) return 'succeeded';
  return wasAbortedByServer(response) ? 'failed' : undefined;
}

/**
 * Nest aborts a response whose stream fails without an error on the response. If the client aborts it, its socket has
 * ended or was reset. (Checked on Node 20, 22, 24 and 26; with HTTP/2 there is no socket to check.)
 */
function wasAbortedByServer({ req, socket }: ServerResponse): boolean {
  return req.httpVersionMajor === 1 && socket !== null && !socket.readableEnded && !socket.errored;
}
