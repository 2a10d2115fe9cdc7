import type { DiffStats } from './diff-stats.js';

/**
 * The difference of two versions, in the forms that people and programs want. Secret values are in none of them: where
 * one is concerned, `[hidden]` stands in its place.
 *
 * @publicApi
 */
export interface VersionDiff {
  /** What was compared, for people: `version 3`. */
  readonly from: string;
  /** What it was compared with: `version 4`, `the sources`. */
  readonly to: string;
  /** Every difference, in the order of the keys. */
  readonly entries: readonly VersionDiffEntry[];
  /** How many differences of each kind there are. */
  readonly stats: VersionDiffStats;
  /** The same as plain data that `JSON.stringify` can write. */
  toJSON(): VersionDiffJson;
  /**
   * A JSON Patch (RFC 6902) that makes of `from` exactly `to`, where neither holds a secret. Of a secret that is new or
   * changed it says `[hidden]`, so it is for reading and for comparing, not for writing configuration back.
   */
  toJsonPatch(): JsonPatchOperation[];
  /** For people: grouped by path, aligned, long values shortened. */
  toText(options?: VersionDiffTextOptions): string;
}

/**
 * One difference of two versions. An object or an element that appears or disappears is one difference as a whole.
 *
 * @publicApi
 */
export interface VersionDiffEntry {
  /**
   * `typeChanged` is a change from one type to another (`"80"` to `80`, an object to a list); `moved` is an element that
   * has changed its place among the others of its list.
   */
  readonly kind: VersionDiffKind;
  /** Where it is now, or was where it was removed: `servers.0.port`. */
  readonly path: string;
  /** The path, key by key. */
  readonly segments: readonly string[];
  /** The path it had before, where an element of a list above it has another index now. */
  readonly previousPath?: string;
  /** The value before; undefined where it was added. */
  readonly previous: unknown;
  /** The value now; undefined where it was removed. */
  readonly current: unknown;
}

/**
 * How two versions differ at a path.
 *
 * @publicApi
 */
export type VersionDiffKind = 'added' | 'removed' | 'changed' | 'typeChanged' | 'moved';

/**
 * How many differences there are of each kind.
 *
 * @publicApi
 */
export interface VersionDiffStats extends DiffStats {
  /** Elements that stand elsewhere in their list. */
  readonly moved: number;
}

/**
 * A `VersionDiff` as plain data: values are what JSON knows.
 *
 * @publicApi
 */
export interface VersionDiffJson {
  readonly from: string;
  readonly to: string;
  readonly stats: VersionDiffStats;
  readonly entries: readonly Partial<VersionDiffEntry>[];
}

/**
 * One operation of a JSON Patch (RFC 6902).
 *
 * @publicApi
 */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move'; readonly from: string; readonly path: string };

/**
 * How `VersionDiff.toText()` writes.
 *
 * @publicApi
 */
export interface VersionDiffTextOptions {
  /** Whether to colour it for a terminal. Default false. */
  readonly color?: boolean;
  /** The columns a line should not exceed; values are shortened to fit. Default 100. */
  readonly width?: number;
}
