import type { Layer } from '../../model/layer.interface.js';
import type { FileWatch, WatchHandle } from '../../watch/file-watch.interface.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { FormatRegistry } from '../../formats/format-registry.js';

/**
 * A place configuration comes from. Three members make one: `name`, `load` and, when it can change, `watch`.
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
  /** How it is called in errors, logs and the status. Unique within an app. */
  readonly name: string;

  /**
   * What a failing load does to a reload: `reject` it (the default), or `keep` this source's last good layer and go on
   * with a warning. At boot there is nothing to keep: a failing load always rejects.
   */
  readonly onError?: 'reject' | 'keep';

  /**
   * Reads the source once, whole.
   *
   * @throws ConfigSourceError where it cannot be read, ConfigParseError where its text is malformed. Never an empty
   * layer instead of an error.
   */
  load(context: SourceLoadContext): Promise<Layer>;

  /** Starts to tell about changes. Absent where the source cannot change. */
  watch?(context: SourceWatchContext): WatchHandle | Promise<WatchHandle>;

  /** How well it is reachable; absent means always `live`. */
  health?(): SourceHealth;

  /** Releases what it holds for good. Called once, when the app shuts down or the source is removed. */
  close?(): void | Promise<void>;
}

/**
 * What a source is given to load with.
 *
 * @publicApi
 */
export interface SourceLoadContext {
  /**
   * The layers this source yielded before that are still known, the newest last. FileContent with the hash of one of them
   * may return it.
   */
  readonly known: readonly Layer[];
  /**
   * False while there is time to wait for a better moment: a file that is missing, empty or cut off throws a
   * `transient` error then. True on the last try: what is there is taken as it is.
   */
  readonly final: boolean;
  /** How large, deep and numerous content may be. */
  readonly limits: ContentLimits;
  /**
   * What another source of the app yields in the same reload, as soon as it does; undefined where it fails, or is none of
   * the sources. For a source that is made of what another one says.
   */
  layerOf?(source: ConfigSource): Promise<Layer | undefined>;
  /** The formats the app knows. Default: those that are built in. */
  readonly formats?: FormatRegistry;
}

/**
 * What a source is given to watch with.
 *
 * @publicApi
 */
export interface SourceWatchContext {
  /** To be called when the content may have changed. A hint is enough: what is the same is skipped by its hash. */
  changed(hint?: { resync?: boolean }): void;
  /** The watcher of files that all sources share, so that files saved together become one reload. */
  readonly files: FileWatch;
}

/**
 * `live`: what it last yielded is what it says now. `stale`: it could not be asked lately. `down`: it never answered,
 * or says that it is gone.
 *
 * @publicApi
 */
export interface SourceHealth {
  readonly state: 'live' | 'stale' | 'down';
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Why, in one sentence. */
  readonly detail?: string;
}
