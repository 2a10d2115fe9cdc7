import type { RestoredLayer } from '../history/restored-layer.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Layer } from '../model/layer.interface.js';
import type { ReloadChain } from '../model/reload-chain.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { Override } from '../sources/overrides.source.js';

/** A requested reload, and what it works on. */
export interface ReloadJob extends ReportedRequest {
  /** Replaces the current content of the sources. */
  readonly input?: ReloadInput;
  /** At boot, returns the layer that a source had in the newest version on disk; by the unique name of the source. */
  readonly kept?: (source: string) => Promise<RestoredLayer | undefined>;
  /** Validates content again that was rejected, because overrides have changed since. */
  readonly revalidate?: true;
  /** Applies a change of the app itself: unlike other manual reloads, it does not ask for fresh content. */
  readonly isInternal?: true;
  /** Set if code that this library has called requests it. */
  readonly chain?: ReloadChain;
}

/** Checks whether a job asks for fresh content: all factories are called, and remote sources ask their stores. */
export function isFresh({ cause, force, isInternal }: ReloadJob): boolean {
  return force === true || ((cause === 'boot' || cause === 'manual') && isInternal !== true);
}

/** Input of a reload that replaces reading the sources. It is resolved when the job's turn comes. */
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
    }
  | {
      /**
       * The layers in force, some of them replaced, each at the place of its source. The next reload that reads the sources
       * replaces them, unless their sources return the same by then.
       */
      readonly kind: 'layers';
      readonly layers: ReadonlyMap<ConfigSource, Layer>;
    };

/** Requests a reload. Never rejects: a failure is in the result. */
export type Reload = (job: ReloadJob) => Promise<ReloadResult>;

/** Returns the part of a job that observers see, without secrets in its texts. */
export function requestOf(job: ReloadJob, secrets: SecretPolicy): ReportedRequest {
  const {
    input: _input,
    kept: _kept,
    revalidate: _revalidate,
    isInternal: _isInternal,
    chain: _chain,
    reason,
    actor,
    ...request
  } = job;
  return {
    ...request,
    ...(reason !== undefined && { reason: secrets.redactText(reason) }),
    ...(actor !== undefined && { actor: secrets.redactText(actor) }),
  };
}
