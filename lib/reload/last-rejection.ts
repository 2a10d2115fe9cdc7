import type { RejectedReload } from '../model/reload-result.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';

/** The rejection of the sources' current content, if that was rejected. */
export class LastRejection {
  /** Of the content that was judged last, whatever the sources have returned to others since. */
  #signature: string | undefined;
  #result: RedactedResult<RejectedReload> | undefined;

  /** Undefined if the current content was accepted. */
  get result(): RedactedResult<RejectedReload> | undefined {
    return this.#result;
  }

  /** Returns the result if it is about the content with this signature. */
  of(signature: string): RedactedResult<RejectedReload> | undefined {
    return this.#signature === signature ? this.#result : undefined;
  }

  /** Checks whether content with this signature is what a reload has applied or rejected last. */
  isJudged(signature: string): boolean {
    return this.#signature === signature;
  }

  record(result: RedactedResult<RejectedReload>, signature: string): void {
    this.#result = result;
    this.#signature = signature;
  }

  /** The content with this signature was accepted. */
  end(signature: string): void {
    this.#result = undefined;
    this.#signature = signature;
  }
}
