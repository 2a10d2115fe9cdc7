import type { Leaf } from './path.types.js';

/**
 * `T` as configuration has it: frozen. Properties and arrays are readonly, at every level; a map is a `ReadonlyMap`, a set a
 * `ReadonlySet`. A class with private members stays as it is: without them it could not be passed to code that names it.
 *
 * @publicApi
 */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, DeepReadonly<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<DeepReadonly<V>>
      : T extends Leaf
        ? T
        : { [K in keyof T]: T[K] } extends T
          ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
          : T;

/**
 * Choices about types, made once for an app by declaration merging. With `values: 'readonly'`, the values that are read are
 * `DeepReadonly`, as they are frozen at run time. Default: the types that the app declares.
 *
 * @example
 * ```ts
 * declare module 'nestjs-hot-config' {
 *   interface HotConfigTypes {
 *     values: 'readonly';
 *   }
 * }
 * ```
 *
 * @publicApi
 */
// It has no members: the app adds them.
// oxlint-disable-next-line typescript/no-empty-object-type
export interface HotConfigTypes {}

/**
 * The type of a value of type `T` that is read from the configuration.
 *
 * @publicApi
 */
export type ConfigValueOf<T> = HotConfigTypes extends { readonly values: 'readonly' } ? DeepReadonly<T> : T;
