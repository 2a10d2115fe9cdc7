import type { ConfigOrigin } from './origin.interface.js';

/**
 * One problem of a configuration, with its position.
 *
 * @publicApi
 */
export interface ConfigIssue {
  /** The path, for example `llm.temperature`; empty if the issue is about a whole source. */
  readonly path: string;
  /** One sentence about the problem; never contains the value of a secret. */
  readonly message: string;
  /** The position of the value or key, if known. */
  readonly origin?: ConfigOrigin;
  /**
   * A number that differs if the same problem has occurred again, for example with the next edit of a line: it is then
   * logged again. Default: a problem is logged once.
   */
  readonly occurrence?: number;
}
