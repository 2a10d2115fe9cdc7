import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Duration } from '../options/duration.js';
import type { PatternInput } from '../patterns/pattern.js';

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
  /**
   * Time after which a replaced instance is disposed of even if work still uses it, or `Infinity`. A warning is logged
   * before. Work that uses the component after it gets a `ConfigDisposedError`. An instance that has nothing to dispose of
   * is kept for as long as work uses it.
   *
   * @default '5m'
   */
  readonly drainTimeout?: Duration;
  /**
   * Timeout for building and checking an instance.
   *
   * @default '30s'
   */
  readonly buildTimeout?: Duration;
}

/** Everything that is needed to build and run a component. */
export interface RefreshableDefinition<X> extends RefreshableRules<X> {
  /** The name of its token, for errors and logs. */
  readonly label: string;
  /** Builds an instance from a snapshot; runs in a context that is pinned to it. */
  readonly build: (snapshot: ConfigSnapshot) => X | Promise<X>;
  /** Returns the function that disposes of an instance, if it has one. Default: `dispose`, or what the instance has itself. */
  readonly disposerOf?: (instance: X) => Disposer | undefined;
}

/** Disposes of one instance. */
export type Disposer = () => unknown;
