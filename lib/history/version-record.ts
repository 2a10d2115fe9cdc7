import type { ConfigTree } from '../model/config-tree.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Override } from '../sources/overrides.source.js';
import type { ConfigVersion } from './config-version.interface.js';
import type { RecordedFile } from './recorded-file.js';

/** What one source said in a version. Trees of successive versions share what did not change. */
export interface RecordedLayer {
  /** Its name, which it shares with no other of the version. */
  readonly source: string;
  readonly hash: string;
  readonly tree: ConfigTree;
  /** The files it was read from; absent where the source is no file. */
  readonly files?: readonly RecordedFile[];
}

/** A version that is or was in force, with all that is needed to bring it back. */
export interface VersionRecord extends Omit<ConfigVersion, 'sources' | 'current' | 'pinned'> {
  /** The names of the sources that say something else than in the version before. */
  readonly changedSources: readonly string[];
  /** Lowest first; without the overrides. */
  readonly layers: readonly RecordedLayer[];
  readonly overrides: readonly Override[];
  /** Undefined for a version of an earlier process. */
  readonly snapshot: Snapshot | undefined;
  /**
   * Reads what an earlier process wrote of it: until then its layers and overrides are not here.
   *
   * @throws ConfigRollbackError where that cannot be read any more
   */
  readonly reopen?: () => Promise<VersionRecord>;
}
