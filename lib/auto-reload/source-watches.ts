import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { reasonOf } from '../util/reason-of.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import type { FileWatch, WatchHandle } from '../watch/file-watch.interface.js';

export interface SourceWatchesParts {
  readonly files: FileWatch;
  /** Called when a source may have changed. */
  readonly changed: () => void;
  readonly warn: (message: string) => void;
  readonly verbose: (message: string) => void;
}

/** Opens and closes the watches of all sources, also when sources are added and removed. */
export class SourceWatches {
  readonly #handles = new Map<ConfigSource, WatchHandle>();
  #sources: readonly ConfigSource[] = [];
  #following = Promise.resolve();

  constructor(private readonly parts: SourceWatchesParts) {}

  /** Watches exactly these sources from now on. Never rejects: a source that cannot be watched causes a warning. */
  follow(sources: readonly ConfigSource[]): Promise<void> {
    // One call after the other: each must know which watches are open, or one would never be closed.
    this.#following = this.#following.then(() => this.#follow(sources));
    return this.#following;
  }

  async #follow(sources: readonly ConfigSource[]): Promise<void> {
    this.#sources = sources;
    const removed = [...this.#handles].filter(([source]) => !sources.includes(source));
    for (const [source] of removed) this.#handles.delete(source);
    await Promise.all(removed.map(([source, handle]) => this.#close(source, handle)));
    const added = sources.filter((source) => !this.#handles.has(source));
    await Promise.all(added.map((source) => this.#open(source)));
  }

  async #open(source: ConfigSource): Promise<void> {
    try {
      const opening = this.#watch(source);
      const isOpen = await waitAtMost(HANG_TIMEOUT, opening);
      if (isOpen) return;
      opening.catch((error: unknown) => this.#warnNotWatched(source, error));
      this.parts.warn(
        `${source.name} is not being watched after ${HANG_TIMEOUT} ms. The app continues; until the watch starts, only` +
          ' the safety poll finds its changes.',
      );
    } catch (error) {
      this.#warnNotWatched(source, error);
    }
  }

  async #watch(source: ConfigSource): Promise<void> {
    const { files, changed, verbose } = this.parts;
    const handle = await source.watch?.({
      changed: () => {
        if (!this.#sources.includes(source)) return;
        verbose(`${source.name} may have changed`);
        changed();
      },
      files,
    });
    if (handle === undefined) return;
    // After a late start the source may be gone, or be watched again.
    if (this.#sources.includes(source) && !this.#handles.has(source)) this.#handles.set(source, handle);
    else await this.#close(source, handle);
  }

  #warnNotWatched(source: ConfigSource, error: unknown): void {
    this.parts.warn(
      `${source.name} cannot be watched (${reasonOf(error)}): only the safety poll finds its changes.`,
    );
  }

  async #close(source: ConfigSource, handle: WatchHandle): Promise<void> {
    try {
      const closing = Promise.resolve(handle.close());
      const isClosed = await waitAtMost(HANG_TIMEOUT, closing);
      if (isClosed) return;
      closing.catch(() => undefined); // the warning below covers it
      this.parts.warn(
        `The watch of ${source.name} did not close within ${HANG_TIMEOUT} ms. The app continues without waiting for it.`,
      );
    } catch (error) {
      this.parts.warn(`The watch of ${source.name} could not be closed: ${reasonOf(error)}`);
    }
  }
}
