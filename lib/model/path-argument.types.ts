import type { Correction } from './path-correction.types.js';
import type { At, ConfigKeys, Leaf, Path } from './path.types.js';

/** `true` if `T` does not declare its members, as with `app.get(HotConfigService)`: it has any path. */
export type IsUntyped<T> = string extends keyof T ? true : [KeysOf<T>] extends [never] ? true : false;

/** The keys of each member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;

/**
 * Parameters of a signature for an untyped `T` only. Otherwise they are more than a call has, so the compiler leaves the
 * signature out: the error for a wrong path would list what is wrong with each signature.
 */
export type IfUntyped<T, Parameters extends unknown[]> = IsUntyped<T> extends true ? Parameters : TooMany;

/** Parameters of a signature for a `T` that is untyped, or a type parameter as in generic code. */
export type IfNotKnown<T, Parameters extends unknown[]> = IsKnown<T> extends true ? TooMany : Parameters;

/** A path of `T`, or any string if `T` is untyped. */
export type AnyPath<T> = IsUntyped<T> extends true ? string : Path<T>;

type TooMany = [never, never, never, never];

/** In generic code the compiler skips a branch that is impossible with `any`: so `IsKnown<any>` must be false. */
type IsKnown<T> = [unknown] extends [T] ? false : IsUntyped<T> extends true ? false : true;

/**
 * `P` if it is a path of `T`. For another string, the error of the compiler names the nearest path.
 *
 * `NoInfer`, because the compiler would look for `P` in the type of the error at each call.
 */
export type TypedPath<T, P> = 0 extends 1 & P
  ? NoInfer<P> // to compare a method with the one of ConfigService, the compiler takes `any` for `P`
  : PathVerdict<T, P> extends 'wrong'
    ? NoInfer<Correction<T, P & string>>
    : P;

/**
 * In generic code, the compiler tries what `TypedPath` is with `any` for each type parameter. With `any` no path is wrong:
 * so it accepts what may be a path. All paths are computed only for what `KnownPath` does not know: a path with quotes,
 * or a wrong one.
 */
type PathVerdict<T, P> = [unknown] extends [T]
  ? 'right'
  : [P] extends [KnownPath<T, P>]
    ? 'right'
    : string extends P
      ? 'wrong'
      : [P] extends [Path<T>]
        ? 'right'
        : HasAny<P> extends true
          ? 'right'
          : 'wrong';

/** `true` for a template that contains `any`, as `llm.${any}`. */
type HasAny<P> =
  Record<never, never> extends Record<P & string, 1>
    ? IsAnyTemplate<P> extends true
      ? true
      : P extends `${infer Char}${infer Rest}`
        ? IsAnyTemplate<Char> extends true
          ? true
          : HasAny<Rest>
        : false
    : false;

type IsAnyTemplate<P> = [P] extends [`${number}`] ? (['any'] extends [P] ? true : false) : false;

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
