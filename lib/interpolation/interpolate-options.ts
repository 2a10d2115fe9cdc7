/**
 * What `${…}` in files may refer to.
 *
 * @publicApi
 */
export interface InterpolateOptions {
  /** Environment variables: `${DB_HOST}`. Default true. */
  readonly env?: boolean;
  /** Values of the merged configuration: `${server.port}`. A key comes before a variable of its name. Default true. */
  readonly keys?: boolean;
}
