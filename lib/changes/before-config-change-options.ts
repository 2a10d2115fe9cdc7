/**
 * How a veto is asked for.
 *
 * @publicApi
 */
export interface BeforeConfigChangeOptions {
  /**
   * Milliseconds the method may take. A method that takes longer has vetoed.
   *
   * @default 10_000
   */
  readonly timeout?: number;
}
