import type { IncomingHttpHeaders } from 'node:http';
import type { History } from '../history/history.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/**
 * Lets requests ask for a version that is still in history: to replay one, or to carry a version from one service to
 * the next. It opens a door to configuration that was replaced on purpose: say who may use it.
 *
 * @publicApi
 */
export interface RequestVersionOptions {
  /**
   * The header that names a version by its number or by its hash. Hashes are the same in every process, where there are
   * secrets in the configuration only with the same `history.key`.
   */
  readonly header: string;
  /** Whether this request may choose. It is given the adapter's own request (Express' or Fastify's). */
  readonly allow: (request: never) => boolean;
}

/** The snapshot a request asks for, where it may and the version is known; undefined means the current one. */
export function requestedSnapshot(
  request: unknown,
  options: RequestVersionOptions | undefined,
  history: History,
): Snapshot | undefined {
  if (options === undefined) return undefined;
  const { headers } = request as { readonly headers?: IncomingHttpHeaders };
  const wanted = headers?.[options.header.toLowerCase()];
  if (typeof wanted !== 'string') return undefined;
  // Nothing but true: the promise of an async guard, which no type check kept out, would let everyone in.
  if (options.allow(request as never) !== true) return undefined;
  return history.find(/^\d{1,15}$/.test(wanted) ? Number(wanted) : wanted);
}
