import type { ConfigSnapshot } from './config-snapshot.interface.js';
import type { ReloadCause } from './reload-stage.js';

/**
 * One path whose value differs between two snapshots. Objects and arrays that were added or removed are reported leaf
 * by leaf.
 *
 * @publicApi
 */
export interface Change {
  /** The path, for example `llm.model`; keys that contain dots are quoted: `modules['npc.dialogue']`. */
  readonly path: string;
  /** The path, key by key. */
  readonly segments: readonly string[];
  /** The kind of the change. */
  readonly kind: 'added' | 'removed' | 'changed';
  /**
   * The value before; undefined if `kind` is `added`. For a secret, code reads this and `current` as usual, but a printed
   * or serialised change shows `[hidden]` in their place, and a copy lacks them.
   */
  readonly previous: unknown;
  /** The value now; undefined if `kind` is `removed`. */
  readonly current: unknown;
  /**
   * Returns one line for a log: `llm.model: small → large`. The values of a secret are `[hidden]`; those of more than 200
   * characters are cut.
   */
  toString(): string;
}

/**
 * The event that an `@OnConfigChange` handler receives.
 *
 * @publicApi
 */
export interface ConfigChangeEvent<T = Record<string, unknown>> {
  /** The changes that the handler's patterns select, between `previous` and `current`. Never empty. */
  readonly changes: readonly Change[];
  /** The snapshot that this handler last saw. */
  readonly previous: ConfigSnapshot<T>;
  /** The snapshot in force; `HotConfigService` also reads it while the handler runs. */
  readonly current: ConfigSnapshot<T>;
  /** The trigger of the reload that made `current`. */
  readonly cause: ReloadCause;
  /** Aborted when the handler times out, or when the app shuts down. */
  readonly signal: AbortSignal;
}
