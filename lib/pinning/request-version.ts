import type { IncomingHttpHeaders } from 'node:http';
import type { History } from '../history/history.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * Allows requests to choose a version that is still in history: to replay a request, or to use the same version in
 * several services. Such a version may have been replaced on purpose, so `allow` decides which requests may choose.
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
  options: RequestVersionOptions,
  history: History,
): Snapshot | undefined {
  const { headers } = request as { readonly headers?: IncomingHttpHeaders };
  const version = headers?.[options.header.toLowerCase()];
  if (typeof version !== 'string') return undefined;
  // Only `true` allows it. An async function, which only the type check refuses, returns a promise: always truthy.
  if (options.allow(request as never) !== true) return undefined;
  return history.find(/^\d{1,15}$/.test(version) ? Number(version) : version);
}
