/**
 * A file to watch, or a directory with the files in it.
 *
 * @publicApi
 */
export interface WatchTarget {
  /** Absolute path. It may not exist yet, and may be a symbolic link. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** For a directory: `true` to include the files in its sub-directories. Default: `false`. */
  readonly recursive?: boolean;
  /** For a directory: returns `true` for the files to include, by their path relative to it. Default: all. */
  readonly filter?: (relativePath: string) => boolean;
  /** For a directory: absolute path that its links must lead to, or below. Others are not followed. Default: `path`. */
  readonly within?: string;
  /** For a directory: maximum number of files and directories to look at. Default 10,000. */
  readonly maxEntries?: number;
}

/**
 * A running watch, returned by `watch`.
 *
 * @publicApi
 */
export interface WatchHandle {
  /** Ends the watch; no callback is called afterwards. */
  close(): void | Promise<void>;
}

/**
 * Watches files for all sources of an app.
 *
 * @publicApi
 */
export interface FileWatch {
  /**
   * Calls `onSettled` each time the target may have changed and no change is in progress any more. Targets that change
   * at the same time settle together. Calls are hints: the caller compares the content. `files` are the files of a
   * directory that events have named, relative to it: others may have changed, too.
   */
  watch(
    target: WatchTarget,
    onSettled: (files?: readonly string[]) => void,
  ): WatchHandle | Promise<WatchHandle>;
}
