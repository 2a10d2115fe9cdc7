import type { ConversionTarget } from './conversion-table.js';

/** Describes the conversions that one schema of a library makes. */
export interface SchemaNode {
  /** The type that it converts any value to. */
  readonly target?: ConversionTarget;
  /** Returns `true` for a value that it leaves alone, such as null. */
  readonly leaves?: (value: unknown) => boolean;
  /** Schemas of named members. */
  readonly shape?: Readonly<Record<string, unknown>>;
  /** Names of all members that have a schema of their own. Default: those of `shape`. */
  readonly names?: ReadonlySet<string>;
  /** Schema of all other members. */
  readonly rest?: unknown;
  /** Schemas of the first elements. */
  readonly items?: readonly unknown[];
  /** Schema of all other elements. */
  readonly restItems?: unknown;
  /** Schemas that receive the same value. */
  readonly all?: readonly unknown[];
  /** Schemas of which the first one that accepts the value makes the result. */
  readonly firstOf?: readonly unknown[];
}

/** Reads a schema of one library; undefined if nothing in it converts by itself. */
export type ReadNode = (schema: unknown) => SchemaNode | undefined;

/** Returns all schemas directly in a node. */
export function childrenOf({ shape = {}, rest, items = [], restItems, all = [], firstOf = [] }: SchemaNode) {
  return [...Object.values(shape), rest, ...items, restItems, ...all, ...firstOf].filter(
    (schema) => schema !== undefined && schema !== null,
  );
}
