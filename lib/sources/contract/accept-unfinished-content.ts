import type { SourceLoadContext } from './config-source.interface.js';

/**
 * Decides if content that may be a save in progress (missing, empty) is accepted: on the last attempt, if there is no
 * earlier layer that could be lost, or if the same content was accepted before.
 */
export function isUnfinishedContentAccepted(hash: string, { final, known }: SourceLoadContext): boolean {
  const newest = known.at(-1);
  return final || newest === undefined || newest.hash === hash;
}
