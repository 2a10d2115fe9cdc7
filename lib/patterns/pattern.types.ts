import type { IsUntyped, KnownPath } from '../model/path-argument.types.js';
import type { Correction, KeysIn } from '../model/path-correction.types.js';
import type { Path } from '../model/path.types.js';
import type { PatternInput } from './pattern.js';

/**
 * One pattern for a configuration of the type `T`, or a list of them: its paths, any pattern with wildcards or brackets,
 * and any RegExp. Without a type, any pattern.
 *
 * @publicApi
 */
export type Patterns<T> =
  IsUntyped<T> extends true
    ? PatternInput | readonly PatternInput[]
    : PatternOf<T> | RegExp | readonly (PatternOf<T> | RegExp)[];

/** All that a key can begin with would be too many types: so a pattern with a wildcard may begin with anything. */
type PatternOf<T> = Path<T> | `${string}*${string}` | `${string}[${string}`;

/**
 * Type of a parameter that takes patterns for `T`: `P` if they are possible, or if they are computed. For another string,
 * the error of the compiler names the nearest path. An editor that completes a pattern has `Patterns<T>` for `P`.
 */
export type PatternsArgument<T, P> =
  IsUntyped<T> extends true
    ? PatternInput | readonly PatternInput[]
    : [RegExp | readonly RegExp[]] extends [P]
      ? P
      : CheckedPatterns<T, P>;

type CheckedPatterns<T, P> = P extends readonly (infer Pattern)[]
  ? readonly CheckedPattern<T, Pattern>[]
  : CheckedPattern<T, P>;

type CheckedPattern<T, P> = P extends string
  ? PatternVerdict<T, P> extends 'wrong'
    ? NoInfer<Correction<T, P>>
    : P
  : P;

/** As for a path, no pattern is wrong for `any`, which stands for a type parameter in generic code. */
type PatternVerdict<T, P extends string> = [unknown] extends [T]
  ? 'right'
  : Record<never, never> extends Record<P, 1> // a computed string, as `llm.${name}`
    ? 'right'
    : [P] extends [KnownPath<T, P>]
      ? 'right'
      : P extends `${infer Before}*${string}`
        ? VerdictOfStart<KeysIn<T>, Before>
        : P extends `${string}[${string}`
          ? VerdictOfStart<KeysIn<T>, P>
          : [P] extends [Path<T>]
            ? 'right'
            : 'wrong';

/** Checks the first key, or what there is of it before a wildcard. */
type VerdictOfStart<Keys extends string, Start extends string> = Start extends '' | `[${string}`
  ? 'right'
  : Start extends `${infer Key}[${string}`
    ? VerdictOfStart<Keys, `${Key}.`>
    : Start extends `${infer Key}.${string}`
      ? Key extends Keys
        ? 'right'
        : 'wrong'
      : [Extract<Keys, `${Start}${string}`>] extends [never]
        ? 'wrong'
        : 'right';
