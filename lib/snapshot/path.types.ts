/** Values that have no paths below them. */
type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...parameters: never[]) => unknown);

/** How deep paths are inferred; what lies deeper is read through `value`. Keeps recursive types finite. */
type Depth = [never, 0, 1, 2, 3, 4, 5, 6, 7];

/** The keys of `T` that hold configuration: no methods, no symbols. */
type ConfigKeys<T> = {
  [K in keyof T & (string | number)]-?: NonNullable<T[K]> extends (...parameters: never[]) => unknown
    ? never
    : K;
}[keyof T & (string | number)];

/**
 * Every path of `T`, as `get` takes it: `'llm' | 'llm.model' | 'servers' | 'servers.0' | 'servers.0.port'` …
 * Optional parts, arrays, tuples, unions and records are walked; what is `any` or `unknown` takes any string.
 *
 * @publicApi
 */
export type Path<T, D extends number = 7> =
  IsOpen<T> extends true ? string : T extends unknown ? PathOf<T, D> : never;

type PathOf<T, D extends number> = T extends Leaf
  ? never
  : T extends readonly (infer Element)[]
    ? `${number}` | Below<`${number}`, Element, D>
    : { [K in ConfigKeys<T>]: `${K}` | Below<`${K}`, T[K], D> }[ConfigKeys<T>];

type Below<Key extends string, Value, D extends number> = [D] extends [0]
  ? `${Key}.${string}`
  : IsOpen<Value> extends true
    ? `${Key}.${string}`
    : NonNullable<Value> extends Leaf
      ? never
      : `${Key}.${Path<NonNullable<Value>, Depth[D] & number>}`;

/** `any`, `unknown`, and the types that say nothing about their members. */
type IsOpen<T> = unknown extends T ? true : false;

/**
 * The type of the value at `P` in `T`. Undefined is part of it where something on the way is optional, an array
 * element or a member of a record.
 *
 * @publicApi
 */
export type PathValue<T, P extends string> =
  IsOpen<T> extends true ? T : T extends unknown ? ValueOf<T, P> : never;

type ValueOf<T, P extends string> = P extends `${infer Key}.${infer Rest}`
  ? P extends keyof T
    ? T[P]
    : Through<Member<T, Key>, Rest>
  : Member<T, P>;

type Through<Value, Rest extends string> = Value extends undefined | null
  ? undefined
  : PathValue<Value, Rest>;

type Member<T, Key extends string> = T extends readonly unknown[]
  ? Key extends keyof T
    ? T[Key]
    : Key extends `${number}`
      ? T[number] | undefined
      : undefined
  : Key extends keyof T
    ? string extends keyof T
      ? T[Key] | undefined
      : T[Key]
    : Key extends `${infer Index extends number}`
      ? Index extends keyof T
        ? T[Index]
        : undefined
      : undefined;
