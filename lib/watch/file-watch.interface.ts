/**
 * What is watched: a file, or a directory with the files in it.
 *
 * @publicApi
 */
export interface WatchTarget {
  /** Absolute path. It may not exist yet, and may be a symbolic link. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** For a directory: whether its sub-directories count too. */
  readonly recursive?: boolean;
  /** For a directory: which files count, by their path relative to it. Default: all. */
  readonly filter?: (relativePath: string) => boolean;
}

/**
 * Ends what `watch` began.
 *
 * @publicApi
 */
export interface WatchHandle {
  /** Ends the watch; nothing is called afterwards. */
  close(): void | Promise<void>;
}

/**
 * Watches files for all sources of an app.
 *
 * @publicApi
 */
export interface FileWatch {
  /**
   * Calls `onSettled` each time the target may have changed and has come to rest since. Targets that change in one
   * burst settle together. Calls are hints: the caller compares content.
   */
  watch(target: WatchTarget, onSettled: () => void): WatchHandle | Promise<WatchHandle>;
}
