import type { SourceLoadContext } from './config-source.interface.js';

/**
 * Whether a state that may be the middle of a save (missing, empty) is to be taken as it is: on the last try, when
 * there is nothing yet that could be lost, and when it was taken before.
 */
export function isUnfinishedContentAccepted(hash: string, { final, known }: SourceLoadContext): boolean {
  const newest = known.at(-1);
  return final || newest === undefined || newest.hash === hash;
}
