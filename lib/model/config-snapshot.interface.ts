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
   * SHA-256 of the content, in hex: in one process, the same content has the same hash. What secrets say goes in as an
   * HMAC, so that nobody can guess them by it: where there are secrets, other processes have the same hash only with the
   * same `history.key`. `HotConfigManager.status().comparableHash` compares in any case.
   */
  readonly hash: string;
  /** When it was committed. */
  readonly time: Date;
  /** What brought it about. */
  readonly cause: ReloadCause;
  /** The whole tree, deep-frozen; an instance of the schema where that is a class. */
  readonly value: T;
  /** The value at `path` (`llm.model`, `servers.0.port`, `modules['npc.dialogue']`), or undefined. */
  get(path: string): unknown;
  /** Whether a value other than undefined stands at `path`. */
  has(path: string): boolean;
}
