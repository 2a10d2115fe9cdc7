import type { ConfigSnapshot } from './config-snapshot.interface.js';
import type { ReloadCause } from './reload-stage.js';

/**
 * One path whose value differs between two snapshots. Objects and arrays that were added or removed are told leaf by
 * leaf.
 *
 * @publicApi
 */
export interface Change {
  /** The path, for example `llm.model`; keys that hold dots are quoted: `modules['npc.dialogue']`. */
  readonly path: string;
  /** The path, key by key. */
  readonly segments: readonly string[];
  /** Whether the path came, went, or has another value. */
  readonly kind: 'added' | 'removed' | 'changed';
  /**
   * The value before; undefined where `kind` is `added`. Of a secret, this and `current` are read as of any other; what
   * prints or serialises the change shows `[hidden]` in their place, and a copy of it lacks them.
   */
  readonly previous: unknown;
  /** The value now; undefined where `kind` is `removed`. */
  readonly current: unknown;
}

/**
 * What an `@OnConfigChange` handler receives.
 *
 * @publicApi
 */
export interface ConfigChangeEvent<T = Record<string, unknown>> {
  /** The changes that the handler's patterns select, between `previous` and `current`. Never empty. */
  readonly changes: readonly Change[];
  /** The snapshot this handler last saw. */
  readonly previous: ConfigSnapshot<T>;
  /** The snapshot that is in force; also what `HotConfigService` reads while the handler runs. */
  readonly current: ConfigSnapshot<T>;
  /** What brought `current` about. */
  readonly cause: ReloadCause;
  /** Aborted when the handler's timeout is over, or when the app shuts down. */
  readonly signal: AbortSignal;
}
