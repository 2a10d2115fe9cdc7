import type { ReloadCause } from '../../model/reload-stage.js';
import type { DiffStats } from '../../diff/diff-stats.js';
import type { Redacted } from '../../secrets/redacted.js';
import { UnusableVersionFile } from './version-file.js';

/** The part of a version's file that describes the version, without the trees of its layers. */
export interface VersionHead {
  /** The id that its secrets are bound to: the name of the file it was written to. */
  readonly id: string;
  readonly version: number;
  /** The name of the app. Absent if it has none, and in files of earlier releases. */
  readonly app?: string;
  /** Absent if the version contains secrets: they could be guessed from the hash and the other values. */
  readonly hash?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly cause: ReloadCause;
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
  readonly restored?: number;
  readonly changedSources: readonly string[];
  readonly stats: DiffStats;
  readonly layers: readonly HeadLayer[];
  readonly overrides: readonly HeadOverride[];
  /** The salt of the key that the secrets are encrypted with. Absent if there was no key, or there are no secrets. */
  readonly salt?: string;
}

/** A layer. Its tree is in a separate chunk. */
export interface HeadLayer {
  readonly source: string;
  /** The revision of a remote source. Absent if the source is local, and in files of earlier releases. */
  readonly revision?: string;
  /** `true` if `${…}` in its strings refers to other values. */
  readonly mayRefer?: boolean;
  /** The length of its chunk. */
  readonly bytes: number;
  /** SHA-256 of the JSON in its chunk, which contains no secrets. */
  readonly digest: string;
  readonly secrets: readonly HeadSecret[];
}

/** A secret of a layer. */
export interface HeadSecret {
  readonly path: readonly string[];
  /** The encrypted value. Absent if there was no key. */
  readonly sealed?: string;
}

/** An override. */
export interface HeadOverride {
  readonly segments: readonly string[];
  readonly since: string;
  readonly expiresAt?: string;
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
  /** The value as JSON. Absent if the value is secret. */
  readonly text?: string;
  /** The encrypted value. Absent if the value is not secret, or there was no key. */
  readonly sealed?: string;
}

/**
 * Parses a head. Its checksum is right, so this checks only whether it was written by this library.
 *
 * @throws UnusableVersionFile if it was not
 */
export function parseHead(json: string): VersionHead {
  const head = JSON.parse(json) as Partial<VersionHead> | null;
  const isHead =
    typeof head === 'object' &&
    head !== null &&
    typeof head.id === 'string' &&
    Number.isSafeInteger(head.version) &&
    !Number.isNaN(Date.parse(String(head.time))) &&
    typeof head.cause === 'string' &&
    typeof head.stats === 'object' &&
    Array.isArray(head.changedSources) &&
    Array.isArray(head.overrides) &&
    Array.isArray(head.layers);
  if (!isHead) throw new UnusableVersionFile('has a valid checksum, but does not describe a version');
  return head as VersionHead;
}
