/**
 * A value as a source yields it: plain data, no class instances, no cycles.
 *
 * @publicApi
 */
export type ConfigValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly ConfigValue[]
  | ConfigTree;

/**
 * A plain object of configuration values, keyed by name.
 *
 * @publicApi
 */
export interface ConfigTree {
  [key: string]: ConfigValue;
}
