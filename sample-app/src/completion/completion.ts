import type { ConfigUsed } from './config-used.js';

/** What `POST /v1/complete` answers. */
export interface Completion {
  readonly text: string;
  readonly started: ConfigUsed;
  readonly finished: ConfigUsed;
  /** What requests that come in now are given. */
  readonly latest_config_version: number;
}
