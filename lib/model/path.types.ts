/** Values that have no paths below them. */
export type Leaf =
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

/** The depth to which paths are inferred; below it, any path is accepted. */
type Depth = [never, 0, 1, 2, 3, 4, 5, 6, 7];

/**
 * Every path of `T` that `get` accepts: `'llm' | 'llm.model' | 'servers' | 'servers.0' | 'servers.0.port'` …
 * Optional parts, arrays, tuples, unions and records are walked. `any` and `unknown` accept any path, and so does a type
 * that contains itself, from its second level on. Keys that contain dots are quoted: `modules['npc.dialogue'].voice`.
 *
 * @publicApi
 */
export type Path<T> = IsOpen<T> extends true ? string : T extends unknown ? PathOf<T> : never;

type PathOf<T> = T extends Leaf
  ? never
  : { [K in ConfigKeys<T>]: `${K}` | `${First<K>}${Below<At<T, K>, 7, [T]>}` }[ConfigKeys<T>];

/** The strings that may follow the path of a value; never for a leaf. `Around`: the types around it, as 1-tuples. */
type Below<T, D extends number, Around> =
  IsOpen<T> extends true ? Anything : T extends unknown ? Next<T, D, Around> : never;

type Next<T, D extends number, Around> = T extends Leaf
  ? never
  : [D] extends [0]
    ? Anything
    : Members<T, IsAmong<T, Around> extends true ? 0 : Depth[D] & number, Around | [T]>;

type Members<T, D extends number, Around> = {
  [K in ConfigKeys<T>]: string extends K ? Anything : Step<K> | `${Step<K>}${Below<At<T, K>, D, Around>}`;
}[ConfigKeys<T>];

/** `true` if a type contains itself: it has endless paths, soon more than the compiler can hold. */
type IsAmong<T, Around> = true extends (
  Around extends [infer A] ? ([T] extends [A] ? ([A] extends [T] ? true : false) : false) : never
)
  ? true
  : false;

type Anything = `.${string}` | `[${string}`;

/** A key at the beginning of a longer path. A key that is the whole path needs no quotes. */
export type First<K extends Key> = K extends `${string}.${string}` ? `['${K}']` : `${K}`;

/** A key after others. The keys of a record are unknown and may need quotes. */
export type Step<K extends Key> = K extends `${string}.${string}`
  ? `['${K}']`
  : string extends K
    ? `.${string}` | `['${string}`
    : `.${K}`;

export type Key = string | number;

/** The keys of `T` with configuration: no methods, no symbols; for a list, its indices. */
export type ConfigKeys<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? `${number}`
    : Extract<keyof T, `${number}`>
  : { [K in keyof T & Key]-?: NonNullable<T[K]> extends Method ? never : K }[keyof T & Key];

type Method = (...parameters: never[]) => unknown;

/** The member of `T` under one of its `ConfigKeys`. */
export type At<T, K> = K extends keyof T ? T[K] : T extends readonly unknown[] ? T[number] : never;

/** `true` for `any` and `unknown`. */
export type IsOpen<T> = unknown extends T ? true : false;

/**
 * The type of the value at `P` in `T`. It includes undefined if the path has an optional part, an array element or a
 * member of a record.
 *
 * @publicApi
 */
export type PathValue<T, P extends string> = P extends `${string}['${string}` ? Quoted<T, P> : Plain<T, P>;

type Plain<T, P extends string> = P extends Named<T> ? T[P] : Walk<T, P>;

/** The value at a path without quotes: the fast path, as nearly all paths are like this. */
type Walk<T, P extends string> = P extends `${infer K}.${infer Rest}`
  ? Walk<Member<T, K>, Rest>
  : Member<T, P>;

type Quoted<T, P extends string> = P extends ''
  ? T
  : P extends `${infer Above}['${infer K}']${infer Rest}`
    ? Quoted<Member<Above extends '' ? T : Quoted<T, Above>, K>, WithoutDot<Rest>>
    : Plain<T, P>;

type WithoutDot<P extends string> = P extends `.${infer Rest}` ? Rest : P;

/** The member of `T` under any one key. A record or a list may lack it. */
type Member<T, K extends string> = unknown extends T
  ? T
  : T extends null | undefined
    ? undefined
    : T extends readonly unknown[]
      ? K extends keyof T
        ? T[K]
        : K extends `${number}`
          ? T[number] | undefined
          : undefined
      : K extends Named<T>
        ? T[K]
        : K extends keyof T
          ? T[K] | undefined
          : K extends `${infer Index extends number}`
            ? Index extends keyof T
              ? Index extends Named<T>
                ? T[Index]
                : T[Index] | undefined
              : undefined
            : undefined;

/** The keys of `T` without index signatures. */
type Named<T> = keyof { [K in keyof T as Record<never, never> extends Record<K, 1> ? never : K]: 1 };
