/**
 * Where a value comes from: a source, and within it a file, a line and a column when it has them.
 *
 * @publicApi
 */
export interface ConfigOrigin {
  /** The name of the source, for example `config/llm.yaml` or `env`. */
  readonly source: string;
  /** The file as the app named it; absent where the source is no file. */
  readonly file?: string;
  /** The environment variable that says it; absent where the source is not the environment. */
  readonly variable?: string;
  /** Line of the value, counted from 1. */
  readonly line?: number;
  /** Column of the value, counted from 1. */
  readonly column?: number;
}

/**
 * Which part of a `key: value` is looked for.
 *
 * @publicApi
 */
export type OriginPart = 'key' | 'value';

/** Looks up where a path of the merged configuration comes from. */
export type Locate = (path: readonly string[], part?: OriginPart) => ConfigOrigin | undefined;

/** `config/llm.yaml:12:16`, `APP_LLM__MODEL`, or the source's name where there is no position. */
export function formatOrigin(origin: ConfigOrigin): string {
  const place = origin.file ?? origin.variable ?? origin.source;
  if (origin.line === undefined) return place;
  return origin.column === undefined ? `${place}:${origin.line}` : `${place}:${origin.line}:${origin.column}`;
}
