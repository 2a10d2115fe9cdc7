/**
 * A value that code of the app read while the app started, and may have kept.
 *
 * @publicApi
 */
export interface StartRead {
  /** The path that was read. */
  readonly path: string;
  /**
   * The class that read it; else the function, the file, or the package in `node_modules`. Undefined if the app read so many
   * values that finding the code would have delayed its start.
   */
  readonly by?: string;
  /** The place in the code, for example `src/auth/jwt.strategy.ts:14`. Undefined if it is not known, or in a package. */
  readonly place?: string;
}
