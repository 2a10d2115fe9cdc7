import type { IncomingHttpHeaders } from 'node:http';
import type { History } from '../history/history.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * Lets requests choose a version that is still in history: to replay a request, or to use the same version in several
 * services. This gives access to configuration that was replaced on purpose: `allow` decides which requests may use it.
 *
 * @publicApi
 */
export interface RequestVersionOptions {
  /**
   * Header that contains the number or the hash of a version. Hashes are the same in every process; if the
   * configuration contains secrets, only with the same `history.key`.
   */
  readonly header: string;
  /** Returns `true` if this request may choose. Called with the request of the adapter (Express or Fastify). */
  readonly allow: (request: never) => boolean;
}

/** Returns the snapshot that a request chooses, if it may and the version is known; undefined means the current one. */
export function requestedSnapshot(
  request: unknown,
  options: RequestVersionOptions | undefined,
  history: History,
): Snapshot | undefined {
  if (options === undefined) return undefined;
  const { headers } = request as { readonly headers?: IncomingHttpHeaders };
  const version = headers?.[options.header.toLowerCase()];
  if (typeof version !== 'string') return undefined;
  // Only `true` allows it: the promise of an async function, which a type check would refuse, would allow all requests.
  if (options.allow(request as never) !== true) return undefined;
  return history.find(/^\d{1,15}$/.test(version) ? Number(version) : version);
}
