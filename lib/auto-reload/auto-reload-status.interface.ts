import type { OpenBreaker } from './circuit-breaker.js';

/** The members of the status that describe watching. */
export interface AutoReloadStatus {
  /** `true` if the sources are watched. */
  readonly watching: boolean;
  /** Watched files and directories. */
  readonly watchedFiles: readonly string[];
  /** Those of `watchedFiles` that are polled, because file events do not work there or polling was requested. */
  readonly pollingFiles: readonly string[];
  /** Number of changes that no file event announced and that the safety poll found. */
  readonly missedEvents: number;
  /** `open` while changes that a source reports itself are delayed, because its content was rejected several times in a row. */
  readonly breaker: 'closed' | 'open';
  /** The open circuit breakers, one for each source whose changes are delayed; absent if there is none. */
  readonly openBreakers?: readonly OpenBreaker[];
}
