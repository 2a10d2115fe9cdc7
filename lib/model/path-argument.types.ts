import type { Correction } from './path-correction.types.js';
import type { At, ConfigKeys, Leaf, Path, PathValue } from './path.types.js';

/** `true` if `T` does not declare its members, as with `app.get(HotConfigService)`: it has any path. */
export type IsUntyped<T> = string extends keyof T ? true : [KeysOf<T>] extends [never] ? true : false;

/** The keys of each member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;

/**
 * Type of a parameter that takes a path of `T`: `P` if it is one. For another string, the error of the compiler names the
 * nearest path. One signature does all this, because the error for several lists what is wrong with each.
 */
export type PathArgument<T, P> = 0 extends 1 & P
  ? NoInfer<P> // to compare a method with the one of ConfigService, the compiler takes `any` for `P`
  : IsUntyped<T> extends true
    ? string
    : [P] extends [KnownPath<T, P>]
      ? P
      : NoInfer<Expected<T, P>>;

/**
 * `NoInfer`, because the compiler would look for `P` in these types at each call. `Path<T>` must not be one of them: the
 * compiler computes all branches of the type of a parameter, and all paths of a large configuration take it a second.
 */
type Expected<T, P> = Verdict<T, P> extends 'wrong' ? Correction<T, P & string> : P;

/** Constraint of the type argument of `get`: the path; without the type of the configuration, the type of the value. */
export type PathOrValue<T> = IsUntyped<T> extends true ? unknown : string;

/** The type argument of `get` if nothing says what it is, as for an editor that completes a path. */
export type AnyPath<T> = IsUntyped<T> extends true ? unknown : Path<T>;

/** The value that `get` returns for its type argument. */
export type ValueOf<T, P> = IsUntyped<T> extends true ? P : PathValue<T, P & string>;

/** The same without undefined. */
export type DefinedValueOf<T, P> =
  IsUntyped<T> extends true ? P : Exclude<PathValue<T, P & string>, undefined>;

/** The value that `get` returns if it has a default of the type `D`. */
export type ValueOrDefault<T, P, D> =
  IsUntyped<T> extends true ? (unknown extends P ? D : P) : Exclude<PathValue<T, P & string>, undefined> | D;

/**
 * `any` is open: with it the compiler checks generic code, in which a path is a type parameter. All paths are computed
 * only for what `KnownPath` does not know: a path with quotes, or a wrong one.
 */
type Verdict<T, P> = [unknown] extends [P]
  ? [P] extends [string]
    ? 'open'
    : 'wrong'
  : string extends P
    ? 'wrong'
    : [P] extends [Path<T>]
      ? 'right'
      : 'wrong';

/**
 * `P` if it is a path of `T` without quotes, else never. It checks one path only: for a large configuration, that is
 * much faster than computing all paths.
 */
export type KnownPath<T, P> = P extends unknown ? (true extends IsPath<T, P> ? P : never) : never;

type IsPath<T, P> = unknown extends T
  ? true
  : T extends Leaf
    ? false
    : P extends `${infer K}.${infer Rest}`
      ? IsPath<MemberOrNull<T, K>, Rest>
      : P extends ConfigKeys<T>
        ? true
        : false;

type MemberOrNull<T, K> = K extends ConfigKeys<T> ? At<T, K> : null;
