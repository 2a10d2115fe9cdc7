import type { DiffStats } from './diff-stats.js';

/**
 * The difference between two versions, as entries, JSON, a JSON Patch or text. Secret values are replaced by `[hidden]` in
 * all of them.
 *
 * @publicApi
 */
export interface VersionDiff {
  /** The name of the earlier side: `version 3`. */
  readonly from: string;
  /** The name of the later side: `version 4`, `the sources`. */
  readonly to: string;
  /** All differences, in the order of the keys. */
  readonly entries: readonly VersionDiffEntry[];
  /** The number of differences of each kind. */
  readonly stats: VersionDiffStats;
  /** Returns the difference as plain data that `JSON.stringify` can write. */
  toJSON(): VersionDiffJson;
  /**
   * Returns a JSON Patch (RFC 6902) that turns `from` into exactly `to` if neither contains a secret. The value of a
   * secret that is new or has changed is `[hidden]` in it: use it to read and to compare, not to write configuration.
   */
  toJsonPatch(): JsonPatchOperation[];
  /** Returns a text for people: grouped by path, aligned, with long values shortened. */
  toText(options?: VersionDiffTextOptions): string;
}

/**
 * One difference between two versions. An object or an element that is added or removed is one difference as a whole.
 *
 * @publicApi
 */
export interface VersionDiffEntry {
  /**
   * `typeChanged` is a change from one type to another (`"80"` to `80`, an object to a list). `moved` is an element with
   * an identity key (`id`, `name`, …) that has changed its order among the others of its list.
   */
  readonly kind: VersionDiffKind;
  /** The current path: `servers.0.port`; the previous path if the value was removed. */
  readonly path: string;
  /** The keys of the path. */
  readonly segments: readonly string[];
  /** The previous path. Present if it differs, because a list element on the path has another index now. */
  readonly previousPath?: string;
  /** The previous value; undefined if it was added. */
  readonly previous: unknown;
  /** The current value; undefined if it was removed. */
  readonly current: unknown;
}

/**
 * The kind of a difference at a path. A later release may have more of them.
 *
 * @publicApi
 */
export type VersionDiffKind = 'added' | 'removed' | 'changed' | 'typeChanged' | 'moved';

/**
 * Numbers of differences, by their kind.
 *
 * @publicApi
 */
export interface VersionDiffStats extends DiffStats {
  /** Elements that have changed their order in a list. */
  readonly moved: number;
}

/**
 * A `VersionDiff` as plain data. All values are JSON values.
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
 * Options of `VersionDiff.toText()`.
 *
 * @publicApi
 */
export interface VersionDiffTextOptions {
  /** `true` to use the colours of a terminal. Default false. */
  readonly color?: boolean;
  /** The width of a line, in columns; longer values are shortened. Default 100. */
  readonly width?: number;
}
