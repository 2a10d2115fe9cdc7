import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { PatternInput } from '../patterns/pattern.js';

/** Default timeout for building, for draining and for disposing, in ms. */
export const DEFAULT_TIMEOUT = 30_000;

/**
 * Rules for building, checking and disposing of the instances of a component.
 *
 * @publicApi
 */
export interface RefreshableRules<X> {
  /** The paths that it is built from: it is built again when one of them changes, and only then. */
  readonly on: PatternInput | readonly PatternInput[];
  /** Disposes of an instance: closes its connections, flushes its buffers. Default: its `[Symbol.asyncDispose]`, if any. */
  readonly dispose?: (instance: X) => unknown;
  /** Called with a new instance before it is used. If it throws, rejects or returns `false`, the reload is rejected. */
  readonly healthCheck?: (instance: X) => unknown;
  /** Time that a superseded instance waits for the work that still uses it, in ms. Default 30,000. */
  readonly drainTimeout?: number;
  /** Timeout for building and checking an instance, in ms. Default 30,000. */
  readonly buildTimeout?: number;
}

/** Everything that is needed to build and run a component. */
export interface RefreshableDefinition<X> extends RefreshableRules<X> {
  /** The name of its token, for errors and logs. */
  readonly label: string;
  /** Builds an instance from a snapshot; runs in a context that is pinned to it. */
  readonly build: (snapshot: ConfigSnapshot) => X | Promise<X>;
}
