import type { RejectedReload } from '../model/reload-result.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { changedSources, type SourceRevisions } from './layer-memory.js';

/** The rejection of the content that the sources have now. */
export interface Rejection {
  readonly result: RedactedResult<RejectedReload>;
  /** The sources whose content is at fault. Empty if no source is, but for example a new schema. */
  readonly sources: readonly ConfigSource[];
  /** Time from which the content has been rejected, with this error or with others. */
  readonly since: Date;
}

/** The rejection of the sources' current content, if that was rejected. */
export class LastRejection {
  /** Of the content that was judged last, whatever the sources have returned to others since. */
  #judged: SourceRevisions | undefined;
  #current: Rejection | undefined;

  /** Undefined if the current content was accepted. */
  get current(): Rejection | undefined {
    return this.#current;
  }

  /** The result of the current rejection. */
  get result(): RedactedResult<RejectedReload> | undefined {
    return this.#current?.result;
  }

  /** Returns the result if it is about this content. */
  of(content: SourceRevisions): RedactedResult<RejectedReload> | undefined {
    return this.isJudged(content) ? this.result : undefined;
  }

  /** Checks whether this content is what a reload has applied or rejected last. */
  isJudged(content: SourceRevisions): boolean {
    return this.#judged !== undefined && changedSources(this.#judged, content).length === 0;
  }

  record(
    result: RedactedResult<RejectedReload>,
    content: SourceRevisions,
    sources: readonly ConfigSource[],
  ): void {
    this.#current = { result, sources, since: this.#current?.since ?? new Date() };
    this.#judged = content;
  }

  /**
   * Records content that is rejected for the same reason as before, because what is at fault has not changed. Returns the
   * sources whose changes wait for that; undefined if the reason is another one.
   */
  recordSame(
    { error }: RedactedResult<RejectedReload>,
    content: SourceRevisions,
  ): readonly ConfigSource[] | undefined {
    if (this.#current === undefined || this.#judged === undefined) return undefined;
    const { result, sources } = this.#current;
    const changed = changedSources(this.#judged, content);
    // If no source is known to be at fault, each may be.
    const isAtFault = (source: ConfigSource) => sources.length === 0 || sources.includes(source);
    if (result.error.message !== error.message || changed.some(isAtFault)) return undefined;
    this.#judged = content;
    return changed;
  }

  /** This content was accepted. */
  end(content: SourceRevisions): void {
    this.#current = undefined;
    this.#judged = content;
  }
}
