import { FSWatcher } from 'chokidar';

/** `changed`: the content or attributes of an entry; `renamed`: a name was added, removed or replaced. */
export type RawEvent = 'changed' | 'renamed';

/**
 * chokidar's watcher, reduced to the system's events of one directory.
 *
 * By default it lists the directory at each event, with an lstat of every entry. In a busy /tmp that never ends, and it
 * is useless here, because our own scans decide. It skips a listing while it believes that one is in progress.
 */
class DirectoryEvents extends FSWatcher {
  constructor(path: string) {
    super({
      // On Linux: an inotify watch for this object alone. chokidar shares other watches by path among all its users in
      // the process, so one of them could not get a new watch for a replaced directory while another kept the old one.
      // It does not keep the process alive either. On other systems such a watch may emit an error without a listener,
      // which would end the process; libuv's inotify never does.
      persistent: process.platform !== 'linux',
      depth: 0,
      ignoreInitial: true,
      // Otherwise a directory named like an editor's backup file is not watched.
      atomic: false,
      ignored: (entry) => entry !== path.replaceAll('\\', '/'),
    });
  }

  override _throttle(): false {
    return false;
  }
}

/** Watches the entries of one directory, until another directory takes its place. */
export class DirectoryWatch {
  /** Resolves when the watch receives events, or when it is clear that it never will. */
  readonly ready: Promise<void>;
  readonly #events: FSWatcher;
  #closed = false;

  constructor(
    readonly path: string,
    /** The device and inode of the directory when this watch was made. */
    readonly identity: string,
    onEvent: (event: RawEvent, name: string | undefined) => void,
    onError: (error: NodeJS.ErrnoException) => void,
  ) {
    this.#events = new DirectoryEvents(path);
    // 'raw' is not throttled. chokidar's own 'change' loses the second of two saves 10 to 30 ms apart.
    this.#events.on('raw', (event, name) => {
      if (!this.#closed) onEvent(event === 'change' ? 'changed' : 'renamed', name || undefined);
    });
    this.#events.on('error', (error) => {
      if (!this.#closed) onError(error as NodeJS.ErrnoException);
    });
    this.ready = new Promise((resolve) => this.#events.once('ready', resolve));
    this.#events.add(path);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // If it is closed while a path is being added, chokidar may lose the handle that it is about to get.
    await this.ready;
    const closing = this.#events.close();
    // close() removes the listeners, and an 'error' without a listener would be thrown.
    this.#events.on('error', () => {});
    await closing;
  }
}
