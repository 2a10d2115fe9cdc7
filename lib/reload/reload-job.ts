import type { VersionRecord } from '../history/version-record.js';
import type { Override } from '../sources/overrides.source.js';
import type { ReloadRequest } from '../model/reload-result.interface.js';

/** A reload that is asked for, and what it works on. */
export interface ReloadJob extends ReloadRequest {
  /** What counts instead of what the sources say now. */
  readonly input?: ReloadInput;
  /** Judges what the sources say once more, though it was rejected: what it was judged with has changed. */
  readonly revalidate?: true;
}

/** A version to bring back, or other overrides on top of what is in force. Both are worked out when it is their turn. */
export type ReloadInput =
  | {
      /** A `fallback` stands in for sources that fail, only until they do not: nothing was rolled back from. */
      readonly kind: 'version' | 'fallback';
      /** Rejects with ConfigRollbackError where there is no such version. */
      readonly find: () => Promise<VersionRecord>;
    }
  | {
      readonly kind: 'overrides';
      readonly change: (entries: readonly Override[]) => readonly Override[];
    };

/** What others may know of an order. */
export function requestOf({ input: _input, revalidate: _rejudge, ...request }: ReloadJob): ReloadRequest {
  return request;
}
