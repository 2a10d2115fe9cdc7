import type { ConfigSource, SourceWatchContext } from '../sources/contract/config-source.interface.js';
import type { SourceStates } from '../sources/source-states.js';
import { reasonOf } from '../util/reason-of.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import type { FileWatch, WatchHandle } from '../watch/file-watch.interface.js';

export interface SourceWatchesParts {
  readonly files: FileWatch;
  readonly states: SourceStates;
  /** Called when a source may have changed; `byFile` is `true` if the file watcher has found that. */
  readonly changed: (source: ConfigSource, byFile: boolean) => void;
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

  /** `true` if changes of this source are reported. */
  follows(source: ConfigSource): boolean {
    return this.#sources.includes(source);
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
      opening.catch((error: unknown) => this.#notWatched(source, error));
      this.parts.warn(
        `${source.name} is not being watched after ${HANG_TIMEOUT} ms. The app continues; until the watch starts, only` +
          ' the safety poll finds its changes.',
      );
    } catch (error) {
      this.#notWatched(source, error);
    }
  }

  async #watch(source: ConfigSource): Promise<void> {
    const handle = await source.watch?.(this.#contextFor(source));
    if (handle === undefined) return;
    // After a late start the source may be gone, or be watched again.
    if (!this.follows(source) || this.#handles.has(source)) return this.#close(source, handle);
    this.#handles.set(source, handle);
    this.parts.states.of(source).watched();
  }

  #contextFor(source: ConfigSource): SourceWatchContext {
    const { files, states, changed, warn, verbose } = this.parts;
    const state = states.of(source);
    /** `true` from a call for a file to the report that follows from it, which may come later. */
    let isFileEvent = false;
    const marked = (onSettled: (files?: readonly string[]) => void) => (files?: readonly string[]) => {
      isFileEvent = true;
      onSettled(files);
    };
    return {
      files: { watch: (target, onSettled) => files.watch(target, marked(onSettled)) },
      changed: (hint) => {
        if (!this.follows(source)) return;
        verbose(`${source.name} may have changed`);
        state.changed(hint);
        changed(source, isFileEvent);
        isFileEvent = false;
      },
      failed: (error) => {
        if (!this.follows(source) || !state.watchFailed(error)) return;
        warn(`The watch of ${source.name} failed (${reasonOf(error)}): its changes may be missed for now.`);
      },
      recovered: () => {
        if (!this.follows(source) || !state.watchRecovered()) return;
        // What has changed meanwhile was not reported.
        state.changed();
        changed(source, false);
      },
    };
  }

  #notWatched(source: ConfigSource, error: unknown): void {
    this.parts.states.of(source).unwatched(error);
    this.parts.warn(
      `${source.name} cannot be watched (${reasonOf(error)}): only the safety poll finds its changes.`,
    );
  }

  async #close(source: ConfigSource, handle: WatchHandle): Promise<void> {
    if (!this.#handles.has(source)) this.parts.states.of(source).unwatched();
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
