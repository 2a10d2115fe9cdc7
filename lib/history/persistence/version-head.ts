import type { ReloadCause } from '../../model/reload-stage.js';
import type { DiffStats } from '../../diff/diff-stats.js';
import { UnusableVersionFile } from './version-file.js';

/** What is known of a version without its layers, as it stands in its file. */
export interface VersionHead {
  /** What its secrets are bound to: the name of the file it was written to. */
  readonly id: string;
  readonly version: number;
  /** Absent where the version holds secrets: who knows the rest could guess them by it. */
  readonly hash?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly cause: ReloadCause;
  readonly reason?: string;
  readonly actor?: string;
  readonly restored?: number;
  readonly changedSources: readonly string[];
  readonly stats: DiffStats;
  readonly layers: readonly HeadLayer[];
  readonly overrides: readonly HeadOverride[];
  /** What the key was derived with that the secrets are sealed with; absent where there was no key, or no secret. */
  readonly salt?: string;
}

/** One layer; its tree is in a chunk of its own. */
export interface HeadLayer {
  readonly source: string;
  /** The length of its chunk. */
  readonly bytes: number;
  /** SHA-256 of the text in its chunk, which holds no secret. */
  readonly digest: string;
  readonly secrets: readonly HeadSecret[];
}

/** A secret, sealed; without a key, only where it stood. */
export interface HeadSecret {
  readonly path: readonly string[];
  readonly sealed?: string;
}

/** One override. `text` is its value; where that is secret, it is sealed, or without a key absent. */
export interface HeadOverride {
  readonly segments: readonly string[];
  readonly since: string;
  readonly expiresAt?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly text?: string;
  readonly sealed?: string;
}

/**
 * The head that a text says. Its checksum fits, so it is what somebody wrote; this is about who that was.
 *
 * @throws UnusableVersionFile where it is not what this library writes
 */
export function parseHead(text: string): VersionHead {
  const head = JSON.parse(text) as Partial<VersionHead> | null;
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
  if (!isHead) throw new UnusableVersionFile('is sealed, but no version');
  return head as VersionHead;
}
