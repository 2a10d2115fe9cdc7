import type { Measure } from '../model/call-durations.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigValueOf } from '../model/config-value.types.js';
import type { OriginPart, TextOf } from '../model/origin.interface.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { ConfigTree } from '../model/config-tree.js';

/** The result of checking a tree against a schema: the value the app will read, or issues, or both. */
export interface SchemaResult {
  readonly value: unknown;
  readonly issues: readonly PathIssue[];
  /** Keys of the tree that the schema does not know. */
  readonly unknownKeys: readonly UnknownKey[];
  /** Problems that do not reject the tree. Default: none. */
  readonly warnings?: readonly PathIssue[];
  /** Values that came out as others than the source has, without code of the app. Default: none. */
  readonly conversions?: readonly PathIssue[];
}

/** An issue with a path but without an origin, which the reload adds: it knows the layer and line of each path. */
export interface PathIssue {
  readonly path: readonly string[];
  /** The part at the end of the path that is wrong. Default: the value. */
  readonly part?: OriginPart;
  readonly message: string;
  /** `true` if the schema refuses the key at the path only because it does not declare it. Default false. */
  readonly isUnknownKey?: boolean;
}

/** A key of the tree that the schema does not know. */
export interface UnknownKey {
  readonly path: readonly string[];
  /** The path of the known key that was probably meant, if any. */
  readonly suggestion: string | undefined;
}

/** Turns a plain tree into the value the app reads, and reports its issues. */
export interface Schema {
  check(tree: Readonly<Record<string, unknown>>, context?: CheckContext): Promise<SchemaResult>;
}

/** Values whose keys the schema of the app need not declare: those of the environment, and of factories. */
export interface UndeclaredKeys {
  /** All of them. Their top-level keys are accepted; below a key that the schema declares, it knows all keys. */
  readonly allowed: ConfigTree;
  /** Those of them that are accepted at any depth, and that the app reads even if the schema drops them. */
  readonly kept: ConfigTree;
}

/** Everything that a check may depend on besides the tree. */
export interface CheckContext {
  /** `true` to list conversions in the result. Default false. */
  readonly findConversions?: boolean;
  /** The source's own characters of a value below the checked tree. */
  readonly textOf?: TextOf | undefined;
  /** Values whose keys need not be declared. Default: none. */
  readonly undeclared?: UndeclaredKeys | undefined;
  /** Measures a call of the app's code. Default: it is only called. */
  readonly measure?: Measure | undefined;
}

/**
 * A check beyond the schema: dependencies between keys, limits on how much may change at once. It may be async.
 * Returning nothing or an empty list accepts the candidate; a thrown error counts as one issue.
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
  candidate: ConfigValueOf<T>,
  context: ConfigValidatorContext<T>,
) => ConfigValidatorResult | Promise<ConfigValidatorResult>;

/**
 * The second parameter of a validator.
 *
 * @publicApi
 */
export interface ConfigValidatorContext<T = Record<string, unknown>> {
  /** The snapshot in force; undefined at boot. */
  readonly current: ConfigSnapshot<T> | undefined;
  /** The changes from `current` to the candidate; at boot, everything is added. */
  readonly changes: readonly Change[];
}

/**
 * The result of a validator: nothing, a sentence, an issue, or several.
 *
 * @publicApi
 */
export type ConfigValidatorResult =
  void | string | ConfigValidatorIssue | readonly (string | ConfigValidatorIssue)[];

/**
 * A reason of a validator to reject a candidate.
 *
 * @publicApi
 */
export type ConfigValidatorIssue = Pick<ConfigIssue, 'path' | 'message'>;
