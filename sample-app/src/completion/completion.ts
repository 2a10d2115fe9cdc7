import type { ConfigUsed } from './config-used.js';

/** The response of `POST /v1/complete`. */
export interface Completion {
  readonly text: string;
  readonly started: ConfigUsed;
  readonly finished: ConfigUsed;
  /** The version that a new request would use. */
  readonly latest_config_version: number;
}
