import type { VersionRecord } from '../history/version-record.js';
import type { Override } from '../sources/overrides.source.js';
import type { ReloadRequest } from '../model/reload-result.interface.js';

/** A requested reload, and what it works on. */
export interface ReloadJob extends ReloadRequest {
  /** Replaces the current content of the sources. */
  readonly input?: ReloadInput;
  /** Validates content again that was rejected, because overrides have changed since. */
  readonly revalidate?: true;
}

/** An earlier version, or other overrides on the layers in force. Both are resolved when the job's turn comes. */
export type ReloadInput =
  | {
      /** `fallback` replaces sources that cannot be used at boot, until they can: it causes no drift, as a rollback does. */
      readonly kind: 'version' | 'fallback';
      /** Rejects with ConfigRollbackError if the version is not kept. */
      readonly find: () => Promise<VersionRecord>;
    }
  | {
      readonly kind: 'overrides';
      readonly change: (entries: readonly Override[]) => readonly Override[];
    };

/** Returns the public part of a job. */
export function requestOf({ input: _input, revalidate: _revalidate, ...request }: ReloadJob): ReloadRequest {
  return request;
}
