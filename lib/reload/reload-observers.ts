import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { Registry } from '../util/listeners.js';
import { withTimeout } from '../util/timeouts.js';
import type { Commit, CommittedReload } from './commit.js';
import type { Rejection } from './last-rejection.js';
import type { ReloadObserver } from './reload-observer.interface.js';

/** Maximum time that an observer may delay a reload, in ms: longer than the timeout of a lifecycle hook. */
const START_TIMEOUT = 15_000;

/** Calls all observers of reloads, in the order in which they were added. */
export class ReloadObservers extends Registry<ReloadObserver> {
  /** @param onError called with the error of an observer that threw */
  constructor(private readonly onError: (error: unknown) => void) {
    super();
  }

  async started(request: ReportedRequest): Promise<void> {
    for (const observer of this) {
      try {
        await withTimeout(START_TIMEOUT, () => observer.started?.(request));
      } catch (error) {
        this.onError(error);
      }
    }
  }

  assigned(commit: Commit): void {
    this.#each((observer) => observer.assigned?.(commit));
  }

  committed(committed: CommittedReload): void {
    this.#each((observer) => observer.committed?.(committed));
  }

  waiting(sources: readonly ConfigSource[], rejection: Rejection): void {
    this.#each((observer) => observer.waiting?.(sources, rejection));
  }

  ended(result: RedactedResult, request: ReportedRequest): void {
    this.#each((observer) => observer.ended?.(result, request));
  }

  #each(call: (observer: ReloadObserver) => unknown): void {
    for (const observer of this) {
      try {
        const returned = call(observer);
        // Nothing waits for an asynchronous method, but its failure is not unhandled.
        if (returned instanceof Promise) returned.catch((error: unknown) => this.onError(error));
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
