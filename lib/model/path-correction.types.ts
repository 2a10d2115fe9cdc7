import type { At, ConfigKeys, First, IsOpen, Leaf, Step } from './path.types.js';

declare const PATHS: unique symbol;

/** Names the nearest path in the error for a wrong one. No string is assignable to it. */
export interface DidYouMean<Paths extends string> {
  readonly [PATHS]: Paths;
}

/** Names what is possible, in the error for a path that resembles none. No string is assignable to it. */
export interface OneOf<Paths extends string> {
  readonly [PATHS]: Paths;
}

/** Named by the error for a string that is no literal: only literal paths can be checked. No string is assignable to it. */
export interface LiteralPath<T> {
  readonly [PATHS]: T;
}

/** The type that names what may be meant by `P`, which is no path of `T`. Computed for wrong paths only. */
export type Correction<T, P extends string> = string extends P ? LiteralPath<T> : Correct<T, P, ''>;

/** Follows `P` to its first wrong key, and from a key that resembles that one to the end. */
type Correct<T, P extends string, Above extends string> =
  IsOpen<T> extends true
    ? DidYouMean<Append<Above, P>>
    : [KeysIn<T>] extends [never]
      ? DidYouMean<Above>
      : P extends `*${string}`
        ? DidYouMean<`${Above}.${P}`>
        : P extends `${infer K}.${infer Rest}`
          ? CorrectFrom<T, K extends KeysIn<T> ? K : Similar<KeysIn<T>, K>, Rest, Above>
          : P extends KeysIn<T>
            ? DidYouMean<Append<Above, P>>
            : Found<Similar<KeysIn<T>, P>, KeysIn<T>, Above>;

type CorrectFrom<T, K extends string, Rest extends string, Above extends string> = [K] extends [never]
  ? Found<never, KeysIn<T>, Above>
  : K extends unknown
    ? Correct<MemberIn<T, K>, Rest, Append<Above, K>>
    : never;

type Found<Near extends string, All extends string, Above extends string> = [Near] extends [never]
  ? OneOf<Append<Above, All>>
  : DidYouMean<Append<Above, Near>>;

type Append<Above extends string, K extends string> = Above extends '' ? First<K> : `${Above}${Step<K>}`;

/** The keys of all members of a union, as strings. */
export type KeysIn<T> = T extends Leaf ? never : T extends unknown ? `${ConfigKeys<T>}` : never;

type MemberIn<T, K extends string> = T extends Leaf
  ? never
  : T extends unknown
    ? { [C in ConfigKeys<T>]: K extends `${C}` ? At<T, C> : never }[ConfigKeys<T>]
    : never;

/** The ones among `Keys` that resemble `Wrong`: at least half of each of the two is a common start or end. */
type Similar<Keys extends string, Wrong extends string> = Keys extends unknown
  ? IsSimilar<Without<Lowercase<Wrong>, Lowercase<Keys>>> extends true
    ? Keys
    : never
  : never;

type IsSimilar<Split> = Split extends [infer Left, infer Right, infer Common extends string]
  ? [IsNotLonger<Left, Common>, IsNotLonger<Right, Common>] extends [true, true]
    ? true
    : false
  : false;

/** Two strings without their common start and their common end, and both of these. */
type Without<Left extends string, Right extends string> =
  WithoutStart<Left, Right> extends [
    infer L extends string,
    infer R extends string,
    infer Common extends string,
  ]
    ? WithoutStart<Reverse<L>, Reverse<R>, Common>
    : never;

type WithoutStart<
  Left extends string,
  Right extends string,
  Common extends string = '',
> = Left extends `${infer Char}${infer L}`
  ? Right extends `${Char}${infer R}`
    ? WithoutStart<L, R, `${Common}${Char}`>
    : [Left, Right, Common]
  : [Left, Right, Common];

type Reverse<S extends string, Reversed extends string = ''> = S extends `${infer Char}${infer Rest}`
  ? Reverse<Rest, `${Char}${Reversed}`>
  : Reversed;

type IsNotLonger<Left, Right> = Left extends `${string}${infer L}`
  ? Right extends `${string}${infer R}`
    ? IsNotLonger<L, R>
    : false
  : true;
