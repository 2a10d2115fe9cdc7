/**
 * The origin of a value: a source and, if it has them, a file, a line and a column.
 *
 * @publicApi
 */
export interface ConfigOrigin {
  /** The name of the source, for example `config/llm.yaml` or `env`. */
  readonly source: string;
  /** The file as the app named it; absent if the source is not a file. */
  readonly file?: string;
  /** The environment variable; absent if the source is not the environment. */
  readonly variable?: string;
  /** A possible mistake at the place itself; added to the messages of its problems. */
  readonly hint?: string;
  /** Line of the value, counted from 1. */
  readonly line?: number;
  /** Column of the value, counted from 1. */
  readonly column?: number;
}

/**
 * A part of a `key: value`.
 *
 * @publicApi
 */
export type OriginPart = 'key' | 'value';

/** The source of a value that a schema or a validation has made, and no source has. */
export const DEFAULT_SOURCE = 'default';

/** Returns the origin of a path of the merged configuration. */
export type Locate = (path: readonly string[], part?: OriginPart) => ConfigOrigin | undefined;

/** Returns the characters of the number, boolean or null at a path of the merged configuration, as its source has them. */
export type TextOf = (path: readonly string[]) => string | undefined;

/** Returns `config/llm.yaml:12:16`, `APP_LLM__MODEL`, or the name of the source if there is no position. */
export function formatOrigin(origin: ConfigOrigin): string {
  const place = origin.file ?? origin.variable ?? origin.source;
  if (origin.line === undefined) return place;
  return origin.column === undefined ? `${place}:${origin.line}` : `${place}:${origin.line}:${origin.column}`;
}
