import type { VersionHead } from './version-head.js';

/** The app that keeps its versions in a directory. */
export interface VersionOwner {
  /** Its name, which is recorded in each version; undefined if it has none. */
  readonly app: string | undefined;
  /** Returns the unique names of its sources. */
  readonly sources: () => readonly string[];
}

/**
 * Checks whether a version was written by this app. Two apps may share a directory by mistake, and have sources of the same
 * name (`environment`); the next release of an app may add and remove sources. So another name, or no source in common, is
 * another app. Files of earlier releases have no name.
 */
export function isOwnVersion(
  { app, layers }: Pick<VersionHead, 'app' | 'layers'>,
  owner: VersionOwner,
): boolean {
  if (app !== undefined && owner.app !== undefined && app !== owner.app) return false;
  const sources = owner.sources();
  return layers.length === 0 || sources.length === 0 || layers.some(({ source }) => sources.includes(source));
}
