import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { PatternInput } from '../patterns/pattern.js';

/** How long building, draining and disposing may take where nothing else is said, in ms. */
export const DEFAULT_TIMEOUT = 30_000;

/**
 * How a component is built, checked and let go.
 *
 * @publicApi
 */
export interface RefreshableRules<X> {
  /** The paths it is built from: it is built again when one of them changes, and only then. */
  readonly on: PatternInput | readonly PatternInput[];
  /** Lets an instance go: closes its connections, flushes its buffers. Default: its `[Symbol.asyncDispose]`, if any. */
  readonly dispose?: (instance: X) => unknown;
  /**
   * Called with a new instance before it is taken into service. Throwing, rejecting or answering `false` rejects the
   * reload.
   */
  readonly healthCheck?: (instance: X) => unknown;
  /** How long a superseded instance waits for the work that still holds it, in ms. Default 30,000. */
  readonly drainTimeout?: number;
  /** How long building and checking an instance may take, in ms. Default 30,000. */
  readonly buildTimeout?: number;
}

/** A refreshable with all that is needed to run it. */
export interface RefreshableDefinition<X> extends RefreshableRules<X> {
  /** Who it is, for people: the name of its token. */
  readonly label: string;
  /** Makes an instance from a snapshot; runs in a context pinned to it. */
  readonly build: (snapshot: ConfigSnapshot) => X | Promise<X>;
}
