import type { IsUntyped } from '../model/path-argument.types.js';
import type { Correction } from '../model/path-correction.types.js';
import type { ConfigKeys, First, Path } from '../model/path.types.js';
import type { PatternInput } from './pattern.js';

/**
 * One pattern for a configuration of the type `T`, or a list of them: its paths, patterns with wildcards or brackets that
 * begin with one of its keys or with `*`, and any RegExp. Without a type, any pattern.
 *
 * @publicApi
 */
export type Patterns<T> =
  IsUntyped<T> extends true
    ? PatternInput | readonly PatternInput[]
    : PatternOf<T> | RegExp | readonly (PatternOf<T> | RegExp)[];

/** Only its first key is checked in a pattern with wildcards: all forms of all keys would be too many types. */
type PatternOf<T> =
  | Path<T>
  | `*${string}`
  | `${Start<`${ConfigKeys<T>}`>}*${string}`
  | `${First<ConfigKeys<T>>}${'.' | '['}${string}*${string}`
  | `${First<ConfigKeys<T>>}[${string}`;

/** The beginnings of a key: `l`, `ll` and `llm`. */
type Start<K extends string, Before extends string = ''> = K extends `${infer Char}${infer Rest}`
  ? `${Before}${Char}` | Start<Rest, `${Before}${Char}`>
  : never;

/**
 * Type of a parameter that takes patterns for `T`: `P` if they are possible, or if they are strings that are not known.
 * For another string, the error of the compiler names the nearest path.
 */
export type PatternsArgument<T, P> =
  IsUntyped<T> extends true
    ? PatternInput | readonly PatternInput[]
    : string extends ElementOf<P>
      ? P | NoInfer<Patterns<T>>
      : [P] extends [Patterns<T>]
        ? P
        : NoInfer<P extends string ? Correction<T, P> : Patterns<T>>;

type ElementOf<P> = P extends readonly (infer E)[] ? E : P;
