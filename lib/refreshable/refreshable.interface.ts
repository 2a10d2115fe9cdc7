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
  /** Patterns of the paths that it is built from. Only a change of one of them builds it again. */
  readonly on: PatternInput | readonly PatternInput[];
  /** Disposes of an instance: closes its connections, flushes its buffers. Default: its `[Symbol.asyncDispose]` or `[Symbol.dispose]`, if any. */
  readonly dispose?: (instance: X) => unknown;
  /** Called with a new instance before it is used. If it throws, rejects or returns `false`, the reload is rejected. */
  readonly healthCheck?: (instance: X) => unknown;
  /** Time, in ms, after which a replaced instance is disposed of even if work still uses it. Default 30,000. */
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
