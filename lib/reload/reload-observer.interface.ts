import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { Commit, CommittedReload } from './commit.js';
import type { Rejection } from './last-rejection.js';

/**
 * Learns about reloads. The methods are called in the order in which the observers were added, and are synchronous: none
 * but `started` can delay a reload. An observer that throws is logged, and the others are called nevertheless.
 */
export interface ReloadObserver {
  /** A reload starts. It continues when the promise is settled, after 15 s at most. */
  started?(request: ReportedRequest): void | Promise<void>;
  /** A commit was assigned. Also called if the snapshot stays, because the sources have changed in a comment only. */
  assigned?(commit: Commit): void;
  /** A new snapshot is in force. Called before other code can react to it. */
  committed?(committed: CommittedReload): void;
  /**
   * The sources have changed, but their changes wait: other content is still rejected, as `ended` has reported. Called
   * instead of `ended`.
   */
  waiting?(sources: readonly ConfigSource[], rejection: Rejection): void;
  /** A reload has ended. Not called for watch events and audits that found nothing new. */
  ended?(result: RedactedResult, request: ReportedRequest): void;
}
