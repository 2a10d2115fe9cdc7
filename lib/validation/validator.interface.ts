import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Change } from '../model/change.interface.js';
import type { OriginPart } from '../model/origin.interface.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';

/** What checking a tree against a schema gives: the value the app will read, or what is wrong, or both. */
export interface SchemaResult {
  readonly value: unknown;
  readonly issues: readonly PathIssue[];
  /** Keys of the tree that the schema does not know. */
  readonly unknownKeys: readonly UnknownKey[];
}

/** An issue that has a path and no place yet: the reload knows which layer and line a path came from. */
export interface PathIssue {
  readonly path: readonly string[];
  /** Whether the key at the end of the path is to blame. Default: its value. */
  readonly part?: OriginPart;
  readonly message: string;
}

/** A key of the tree that the schema does not know. */
export interface UnknownKey {
  readonly path: readonly string[];
  /** The known key it looks like, if any. */
  readonly suggestion: string | undefined;
}

/** Turns a plain tree into the value the app reads, and says what is wrong with it. */
export interface Schema {
  check(tree: Readonly<Record<string, unknown>>): Promise<SchemaResult>;
}

/**
 * A check beyond the schema: dependencies between keys, limits on how much may change at once. It may be async.
 * Nothing, or an empty list, means that the candidate is fine; throwing counts as one issue.
 *
 * @example
 * ```ts
 * const budget: ConfigValidator<AppConfig> = (candidate, { current }) =>
 *   current && candidate.llm.budget > 2 * current.value.llm.budget
 *     ? { path: 'llm.budget', message: 'must not more than double at once' }
 *     : undefined;
 * ```
 *
 * @publicApi
 */
export type ConfigValidator<T = Record<string, unknown>> = (
  candidate: T,
  context: ConfigValidatorContext<T>,
) => ConfigValidatorResult | Promise<ConfigValidatorResult>;

/**
 * What a validator is given besides the candidate.
 *
 * @publicApi
 */
export interface ConfigValidatorContext<T = Record<string, unknown>> {
  /** The snapshot in force; undefined at boot. */
  readonly current: ConfigSnapshot<T> | undefined;
  /** What the candidate would change against it; at boot, everything is added. */
  readonly changes: readonly Change[];
}

/**
 * What a validator answers: nothing, a sentence, an issue, or several.
 *
 * @publicApi
 */
export type ConfigValidatorResult =
  void | string | ConfigValidatorIssue | readonly (string | ConfigValidatorIssue)[];

/**
 * What a validator has against a candidate.
 *
 * @publicApi
 */
export type ConfigValidatorIssue = Pick<ConfigIssue, 'path' | 'message'>;
