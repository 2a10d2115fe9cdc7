import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { SourceChecks, SourceHealth } from './contract/config-source.interface.js';

/**
 * The state of one source.
 *
 * @publicApi
 */
export interface HotConfigSourceStatus {
  /** Name of the source in errors and logs. */
  readonly name: string;
  /** `live`, `stale` or `down`. */
  readonly health: SourceHealth['state'];
  /** Start of this state of health. */
  readonly since: Date;
  /** Reason for this state, without secrets. */
  readonly detail?: string;
  /**
   * Revision of the content in force. Only for sources of the kind `remote`: the revision of a local source is a hash of
   * its content, which may contain secrets.
   */
  readonly revision?: string;
  /** How often it was asked over a network; absent for other sources. */
  readonly checks?: SourceChecks;
  /**
   * Problems of the content in force that do not prevent its use, without secrets: for example lines of an env file that
   * the environment of the process overrides. Absent if there are none.
   */
  readonly warnings?: readonly ConfigIssue[];
}

/** The members of the status that describe the sources. */
export interface SourcesStatus {
  /** The sources; later ones override earlier ones. */
  readonly sources: readonly HotConfigSourceStatus[];
  /**
   * Problems of the merged values in force that do not prevent their use, without secrets: unknown keys, conversions, empty
   * keys. Absent if there are none.
   */
  readonly warnings?: readonly ConfigIssue[];
}
