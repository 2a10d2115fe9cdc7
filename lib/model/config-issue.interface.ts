import type { ConfigOrigin } from './origin.interface.js';

/**
 * One thing that is wrong with a configuration, told so that a person knows where to look.
 *
 * @publicApi
 */
export interface ConfigIssue {
  /** The path it is about, for example `llm.temperature`; empty where it is about a whole source. */
  readonly path: string;
  /** What is wrong, in one sentence; never contains the value of a secret. */
  readonly message: string;
  /** Where to look, when known. */
  readonly origin?: ConfigOrigin;
}
