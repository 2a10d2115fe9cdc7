import type { Layer } from '../../model/layer.interface.js';
import type { FileWatch, WatchHandle } from '../../watch/file-watch.interface.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { FormatRegistry } from '../../formats/format-registry.js';

/**
 * A place that configuration comes from. It needs a `name`, a `load` method and, if it can change, a `watch` method.
 *
 * @example
 * ```ts
 * const clock: ConfigSource = {
 *   name: 'clock',
 *   async load() {
 *     const hour = new Date().getHours();
 *     return { source: 'clock', tree: { hour }, hash: String(hour), revision: String(hour), locate: () => undefined };
 *   },
 * };
 * ```
 *
 * @publicApi
 */
export interface ConfigSource {
  /** Name for errors, logs and the status. Unique within an app. */
  readonly name: string;

  /**
   * Effect of a failed load on the reload: `reject` it (the default), or `keep` this source's last good layer and
   * continue with a warning. At boot there is no layer to keep, so a failed load always rejects.
   */
  readonly onError?: 'reject' | 'keep';

  /**
   * Reads the whole source once. It must throw on failure, and never return an empty layer instead.
   *
   * @throws ConfigSourceError if the source cannot be read, ConfigParseError if its text is malformed.
   */
  load(context: SourceLoadContext): Promise<Layer>;

  /** Starts to report changes. Omit it if the source cannot change. */
  watch?(context: SourceWatchContext): WatchHandle | Promise<WatchHandle>;

  /** Returns the health of the source. Default: always `live`. */
  health?(): SourceHealth;

  /** Releases all resources. Called once, when the app shuts down or the source is removed. */
  close?(): void | Promise<void>;
}

/**
 * Context of a `load` call.
 *
 * @publicApi
 */
export interface SourceLoadContext {
  /**
   * Layers that this source returned before and that are still in use, the newest last. If the content has the hash of
   * one of them, `load` may return that layer.
   */
  readonly known: readonly Layer[];
  /**
   * `false` while the load can be retried: content that looks unfinished (missing, empty or cut off) throws a
   * `transient` error. `true` on the last attempt: such content is accepted or rejected for good.
   */
  readonly final: boolean;
  /** Limits that the content must respect. */
  readonly limits: ContentLimits;
  /**
   * Waits for the layer of another source in the same reload. Returns `undefined` if that source fails, or is not a
   * source of the app. For a source that depends on the content of another one.
   */
  layerOf?(source: ConfigSource): Promise<Layer | undefined>;
  /** Formats that the app can read. Default: the built-in formats. */
  readonly formats?: FormatRegistry;
}

/**
 * Context of a `watch` call.
 *
 * @publicApi
 */
export interface SourceWatchContext {
  /** Reports that the content may have changed. Unchanged content is recognized by its hash and skipped. */
  changed(): void;
  /** File watcher that all sources share, so that files saved together cause one reload. */
  readonly files: FileWatch;
}

/**
 * Health of a source. `live`: its last layer is up to date. `stale`: it could not be reached recently. `down`: it was
 * never reached, or reports that it no longer exists.
 *
 * @publicApi
 */
export interface SourceHealth {
  readonly state: 'live' | 'stale' | 'down';
  /** Start of this state, in ms since the epoch. */
  readonly since: number;
  /** Reason for this state, in one sentence. */
  readonly detail?: string;
}
