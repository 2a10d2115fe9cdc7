import type { SecretReference } from '../interpolation/interpolation.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Redacted } from '../secrets/redacted.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Override } from '../sources/overrides.source.js';
import type { ConfigVersion } from './config-version.interface.js';
import type { RecordedFile } from './recorded-file.js';

/** The layer of one source in a version. The trees of successive versions share unchanged parts. */
export interface RecordedLayer {
  /** The name of the source, which no other source of the version has. */
  readonly source: string;
  readonly hash: string;
  readonly tree: ConfigTree;
  /** The revision of a remote source, as it may be shown. Absent if the source is local. */
  readonly revision?: string;
  /** `true` if `${…}` in its strings refers to other values. */
  readonly mayRefer?: boolean;
  /** The files that it was read from. Absent if the source does not read files. */
  readonly files?: readonly RecordedFile[];
}

/** A version that is or was in force, with everything that is needed to restore it. */
export interface VersionRecord extends Omit<ConfigVersion, 'sources' | 'current' | 'pinned'> {
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
  /** The names of the sources whose content differs from the previous version. */
  readonly changedSources: readonly string[];
  /** In the order of precedence, lowest first; without the overrides. */
  readonly layers: readonly RecordedLayer[];
  readonly overrides: readonly Override[];
  /** Number of values in memory that it does not share with the version before it. Default 0. */
  readonly ownValues?: number;
  /** The values that references put secrets into. Absent for a version of an earlier process. */
  readonly references?: readonly SecretReference[];
  /** Undefined for a version of an earlier process. */
  readonly snapshot: Snapshot | undefined;
  /**
   * Loads a version of an earlier process from disk. Until then its layers and overrides are empty.
   *
   * @throws ConfigRollbackError if it cannot be read any more
   */
  readonly loadContent?: () => Promise<VersionRecord>;
}
