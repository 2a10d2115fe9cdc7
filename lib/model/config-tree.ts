/**
 * A value as a source returns it: plain data without class instances and cycles.
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
