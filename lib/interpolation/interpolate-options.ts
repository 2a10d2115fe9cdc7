/**
 * The values that `${…}` in files may refer to.
 *
 * @publicApi
 */
export interface InterpolateOptions {
  /**
   * Environment variables that files may refer to, in values (`${DB_HOST}`) and in the paths of imports: names, and patterns
   * in which `*` stands for any characters (`APP_*`). A pattern selects no secret: list its name in full. `[]` allows none.
   * Default: `NODE_ENV`, and the variables with a prefix of an `env({ prefix })` source.
   */
  readonly environment?: readonly string[];
  /** Values of the merged configuration: `${server.port}`. A key wins over a variable with the same name. Default true. */
  readonly keys?: boolean;
}
