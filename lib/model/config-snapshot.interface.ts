import type { ConfigValueOf } from './config-value.types.js';
import type { ReloadCause } from './reload-stage.js';

/**
 * The immutable, validated result of merging all layers.
 *
 * @publicApi
 */
export interface ConfigSnapshot<T = Record<string, unknown>> {
  /** 1 for the first, then 2, 3, … within one process. */
  readonly version: number;
  /**
   * SHA-256 of the content, in hex: in one process, the same content has the same hash. Secrets enter it as an HMAC, so
   * that they cannot be guessed from it; with secrets, two processes have the same hash only if they have the same
   * `history.key`. To compare processes, use `HotConfigManager.status().comparableHash`.
   */
  readonly hash: string;
  /** The time of the commit. */
  readonly time: Date;
  /** The trigger of the reload that made it. */
  readonly cause: ReloadCause;
  /** The whole tree, deep-frozen; an instance of the schema if that is a class. */
  readonly value: ConfigValueOf<T>;
  /** Returns the value at `path` (`llm.model`, `servers.0.port`, `modules['npc.dialogue']`), or undefined. */
  get(path: string): unknown;
  /** Returns whether there is a value other than undefined at `path`. */
  has(path: string): boolean;
}
