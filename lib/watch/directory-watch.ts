import type { DirectoryEvents } from './directory-events.js';

/** `changed`: the content or attributes of an entry; `renamed`: a name was added, removed or replaced. */
export type RawEvent = 'changed' | 'renamed';

/** Watches the entries of one directory, until another directory takes its place. */
export class DirectoryWatch {
  /** Resolves when the watch receives events, or when it is clear that it never will. */
  readonly ready: Promise<void>;
  #events: DirectoryEvents | undefined;
  #closed = false;

  constructor(
    readonly path: string,
    /** The device and inode of the directory when this watch was made. */
    readonly identity: string,
    private readonly onEvent: (event: RawEvent, name: string | undefined) => void,
    private readonly onError: (error: NodeJS.ErrnoException) => void,
  ) {
    this.ready = this.#open().catch((error: unknown) => this.#failed(error));
  }

  async close(): Promise<void> {
    this.#closed = true;
    // If it is closed while a path is being added, chokidar may lose the handle that it is about to get.
    await this.ready;
    const closing = this.#events?.close();
    // close() removes the listeners, and an 'error' without a listener would be thrown.
    this.#events?.on('error', () => {});
    await closing;
  }

  async #open(): Promise<void> {
    // chokidar is loaded with the first watch, which is at the start of the app: one without watches need not load it.
    const { DirectoryEvents } = await import('./directory-events.js');
    if (this.#closed) return;
    const events = new DirectoryEvents(this.path);
    this.#events = events;
    // 'raw' is not throttled. chokidar's own 'change' loses the second of two saves 10 to 30 ms apart.
    events.on('raw', (event, name) => {
      if (!this.#closed) this.onEvent(event === 'change' ? 'changed' : 'renamed', name || undefined);
    });
    events.on('error', (error) => this.#failed(error));
    const ready = new Promise<void>((resolve) => events.once('ready', resolve));
    events.add(this.path);
    await ready;
  }

  #failed(error: unknown): void {
    if (!this.#closed) this.onError(error as NodeJS.ErrnoException);
  }
}
