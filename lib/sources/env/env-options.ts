/**
 * Options of `env()`.
 *
 * @publicApi
 */
export interface EnvOptions {
  /** What the names of the variables that count begin with, exactly, for example `APP_`. Default: all variables count. */
  readonly prefix?: string;
  /** What separates the keys of a path in a name. Default `__`: `APP_LLM__MODEL` is `llm.model`. */
  readonly separator?: string;
  /**
   * How a part of a name becomes a key: `snake_case` (`MAX_TOKENS` is `max_tokens`, the default), `camelCase`
   * (`maxTokens`), `as-is`, or a function.
   */
  readonly keys?: 'snake_case' | 'camelCase' | 'as-is' | ((part: string) => string);
  /** How the source is called in the status. Default `env`, and the prefix where there is one. */
  readonly name?: string;
}

/** The function that makes keys of parts of names. */
export function keyTransform(keys: EnvOptions['keys'] = 'snake_case'): (part: string) => string {
  if (typeof keys === 'function') return keys;
  if (keys === 'as-is') return (part) => part;
  if (keys === 'snake_case') return (part) => part.toLowerCase();
  return (part) =>
    part.toLowerCase().replace(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
