/**
 * The values that `${…}` in files may refer to.
 *
 * @publicApi
 */
export interface InterpolateOptions {
  /** Environment variables: `${DB_HOST}`. Default true. */
  readonly env?: boolean;
  /** Values of the merged configuration: `${server.port}`. A key wins over a variable with the same name. Default true. */
  readonly keys?: boolean;
}
