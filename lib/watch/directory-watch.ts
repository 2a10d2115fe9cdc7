import { FSWatcher } from 'chokidar';

/** `changed`: an entry's content or attributes; `renamed`: a name came, went or was replaced. */
export type RawEvent = 'changed' | 'renamed';

/**
 * chokidar's watcher, reduced to telling what the system tells about one directory.
 *
 * Left alone it lists the directory, with an lstat of every entry, at each event: without end in a busy /tmp, and for
 * nothing, since our own looks are what counts. It declines a listing while it believes that one is under way.
 */
class DirectoryEvents extends FSWatcher {
  constructor(path: string) {
    super({
      // On Linux: an inotify watch of our own. chokidar shares the others by path among all its users in the process,
      // so one of them could not get a new one for a directory that was replaced while another held on to the old.
      // It does not keep the process alive either. Elsewhere such a watch may emit an error to nobody, which would be
      // the end of the process; libuv's inotify never does.
      persistent: process.platform !== 'linux',
      depth: 0,
      ignoreInitial: true,
      // Else a directory that is called like an editor's backup is not watched.
      atomic: false,
      ignored: (entry) => entry !== path.replaceAll('\\', '/'),
    });
  }

  override _throttle(): false {
    return false;
  }
}

/** Watches the entries of one directory, for as long as it is the same directory. */
export class DirectoryWatch {
  /** Resolves when events are being received, or never will be. */
  readonly standing: Promise<void>;
  readonly #events: FSWatcher;
  #closed = false;

  constructor(
    readonly path: string,
    /** The device and inode the directory had when this was made. */
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
    this.standing = new Promise((resolve) => this.#events.once('ready', resolve));
    this.#events.add(path);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Closed in the midst of being added, chokidar may forget the handle it is about to get.
    await this.standing;
    const closing = this.#events.close();
    // close() takes the listeners away, and an 'error' without one would be thrown.
    this.#events.on('error', () => {});
    await closing;
  }
}
