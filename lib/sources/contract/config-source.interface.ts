import type { Layer } from '../../model/layer.interface.js';
import type { FileWatch, WatchHandle } from '../../watch/file-watch.interface.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { FormatRegistry } from '../../formats/format-registry.js';
import type { ParserThread } from '../content/parser-thread.js';

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
   * `remote` if it is read over a network. Reloads that it triggers have the cause `remote`, its revision is shown, and
   * its health is `stale` while nothing watches it. Default `local`.
   */
  readonly kind?: 'local' | 'remote';

  /**
   * Effect of a failed load on the reload: `reject` it (the default), or `keep` the last good layer of this source and
   * continue with a warning. At boot, the last good layer is the one in the newest version on disk (`history.dir`). Without
   * one, the boot is rejected. If the layer of a remote source is kept, each later reload and safety poll loads that source
   * again, in the background: the changes of other sources do not wait for it.
   */
  readonly onError?: 'reject' | 'keep';

  /**
   * Decides about keys of this source that the schema of the app does not declare: the content of a source such as the
   * environment was not written for that schema. `allow` accepts its top-level keys, whatever the option `unknownKeys`
   * says. `keep` accepts all of its keys, and the app reads them even if the schema drops them. Default: the option decides.
   */
  readonly unknownKeys?: 'allow' | 'keep';

  /** Maximum duration of one load, in ms: the other sources of the reload wait for it. Default 30000. */
  readonly loadTimeout?: number;

  /**
   * Reads the whole source once. It must throw on failure, and never return an empty layer instead.
   *
   * @throws ConfigSourceError if the source cannot be read, ConfigParseError if its text is malformed.
   */
  load(context: SourceLoadContext): Promise<Layer>;

  /**
   * Starts to report changes. Omit it if the source cannot change. If it throws, it is not retried: a source that
   * cannot connect yet calls `failed()`, returns the handle and tries again itself.
   */
  watch?(context: SourceWatchContext): WatchHandle | Promise<WatchHandle>;

  /**
   * Called when a layer of this source has come into force: one that `load` has returned, or one of an earlier version. Use
   * it to store content that is known to be good. Its promise is not awaited; an error is logged.
   */
  adopted?(layer: Layer): void | Promise<void>;

  /**
   * Returns the health of the source. Add it if the source knows more than the results of its loads and its watch show.
   * The worse health of both is shown.
   */
  health?(): SourceHealth;

  /**
   * Returns a layer to start with if a source with `onError: 'keep'` fails while it has no layer in force and none in the
   * newest version on disk, for example one that is part of the image. Omit it if there is none.
   *
   * @throws ConfigSourceError if it cannot be read
   */
  seed?(context: SourceLoadContext): Promise<Layer>;

  /** Returns how often the source was asked for its content. For a source that is asked over a network; metrics show it. */
  checks?(): SourceChecks;

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
  /** Returns whether the value at a path is secret: a message must not quote it. Default: by the names of its keys. */
  isSecret?(path: readonly string[]): boolean;
  /**
   * Returns the value of an environment variable that the content has in a path, such as that of an import. Throws if
   * content may not refer to it.
   */
  readonly pathVariable?: (name: string) => string | undefined;
  /** `true` if the app has a schema. Default `false`. */
  readonly hasSchema?: boolean;
  /**
   * Waits for the layer of another source in the same reload. Returns `undefined` if that source fails, or is not a
   * source of the app. For a source that depends on the content of another one.
   */
  layerOf?(source: ConfigSource): Promise<Layer | undefined>;
  /** Formats that the app can read. Default: the built-in formats. */
  readonly formats?: FormatRegistry;
  /**
   * `true` at boot and in a manual reload: a remote source must ask its store. `false`: the source may return what it has in
   * memory while it is connected, because a change of any source loads all sources.
   */
  readonly fresh: boolean;
  /** Aborted when the load takes longer than `loadTimeout`, and when the app shuts down. */
  readonly signal: AbortSignal;
  /** The last value that the source passed to `changed()` since its last load; undefined if it passed none. */
  readonly hint?: unknown;
  /**
   * Parses large files.
   *
   * @internal
   */
  readonly thread?: ParserThread;
}

/**
 * Context of a `watch` call.
 *
 * @publicApi
 */
export interface SourceWatchContext {
  /**
   * Reports that the content may have changed. Unchanged content is recognized by its hash and skipped.
   *
   * @param hint passed to the next `load`, for example the revision that was announced
   */
  changed(hint?: unknown): void;
  /**
   * Reports that changes may be missed from now on, for example because a connection is lost: the source is `stale`, with
   * this reason, until it reports a change or `recovered()`. Call it at any time, for a local source too.
   */
  failed(error: unknown): void;
  /** Reports that `failed()` no longer applies. The source is loaded, as it may have changed meanwhile. */
  recovered(): void;
  /** File watcher that all sources share, so that files saved together cause one reload. */
  readonly files: FileWatch;
}

/**
 * How often a source was asked over a network.
 *
 * @publicApi
 */
export interface SourceChecks {
  /** Number of requests, those that failed included. */
  readonly count: number;
  /** Number of requests without an answer that can be used. */
  readonly failures: number;
  /** Time of the last answer; absent if there was none. */
  readonly last?: Date;
}

/**
 * Health of a source, by the outcome of its last load and by its watch. `live`: its last load succeeded, whether its values
 * are valid or not. `stale`: its last layer may be out of date, because the last load failed or changes may be missed.
 * `down`: it was never loaded, or reports that it no longer exists.
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
