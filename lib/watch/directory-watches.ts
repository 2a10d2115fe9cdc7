import { basename } from 'node:path';
import { DirectoryWatch, type RawEvent } from './directory-watch.js';
import type { RelevantDirectory } from './relevant-directories.js';

export interface DirectoryListener {
  /** Called for an event of an entry `name`; undefined if the system does not report the name. */
  onEvent(directory: RelevantDirectory, event: RawEvent, name: string | undefined): void;
  /** Called when a new watch receives events. Earlier events may be lost. */
  onReady(): void;
  /** Called if a directory cannot be watched. */
  onError(directory: RelevantDirectory, error: NodeJS.ErrnoException): void;
}

/** The watch of one directory, with all its listeners. */
interface SharedWatch {
  readonly path: string;
  readonly listeners: Map<DirectoryListener, RelevantDirectory>;
  watch: DirectoryWatch | undefined;
}

/** Keeps one watch for each directory, as long as it has a listener. */
export class DirectoryWatches {
  readonly #shared = new Map<string, SharedWatch>();
  /** The directories of each listener. */
  readonly #subscribed = new Map<DirectoryListener, ReadonlyMap<string, RelevantDirectory>>();
  readonly #closing = new Set<Promise<void>>();

  /** Subscribes a listener to exactly these directories. Resolves when all of them are being watched. */
  async subscribe(
    listener: DirectoryListener,
    directories: ReadonlyMap<string, RelevantDirectory>,
  ): Promise<void> {
    const ready: Promise<void>[] = [];
    for (const [path, directory] of directories) {
      const shared = this.#shared.get(path) ?? { path, listeners: new Map(), watch: undefined };
      this.#shared.set(path, shared);
      shared.listeners.set(listener, directory);
      ready.push(this.#watch(shared, directory.identity).ready);
    }
    for (const shared of this.#watchesOf(listener))
      if (!directories.has(shared.path)) this.#removeListener(shared, listener);
    this.#subscribed.set(listener, directories);
    await Promise.all(ready);
  }

  unsubscribe(listener: DirectoryListener): void {
    for (const shared of this.#watchesOf(listener)) this.#removeListener(shared, listener);
    this.#subscribed.delete(listener);
  }

  /** Replaces the watches that a listener relies on: they may have stopped reporting events. */
  renew(listener: DirectoryListener): void {
    for (const shared of this.#watchesOf(listener))
      if (shared.watch) this.#open(shared, shared.watch.identity);
  }

  /** Resolves when every watch has closed its handle. */
  async close(): Promise<void> {
    for (const shared of this.#shared.values()) this.#close(shared);
    this.#shared.clear();
    this.#subscribed.clear();
    await Promise.all(this.#closing);
  }

  #watchesOf(listener: DirectoryListener): SharedWatch[] {
    const paths = this.#subscribed.get(listener)?.keys() ?? [];
    return [...paths].flatMap((path) => this.#shared.get(path) ?? []);
  }

  #watch(shared: SharedWatch, identity: string): DirectoryWatch {
    // A watch follows the inode, not the path: after a swap by rename it reports on the directory that was moved away.
    return shared.watch?.identity === identity ? shared.watch : this.#open(shared, identity);
  }

  #open(shared: SharedWatch, identity: string): DirectoryWatch {
    this.#close(shared);
    const watch = new DirectoryWatch(
      shared.path,
      identity,
      (event, name) => this.#dispatch(shared, event, name),
      (error) => {
        for (const [listener, directory] of shared.listeners) listener.onError(directory, error);
      },
    );
    shared.watch = watch;
    void watch.ready.then(() => {
      if (shared.watch === watch) shared.listeners.forEach((_, listener) => listener.onReady());
    });
    return watch;
  }

  #dispatch(shared: SharedWatch, event: RawEvent, name: string | undefined): void {
    // The removal or renaming of the directory itself is reported under its own name, which a file in it may share.
    const isItself = event === 'renamed' && (name === undefined || name === basename(shared.path));
    // The watch is dead then, even if a new directory gets the inode of the removed one.
    if (isItself) this.#close(shared);
    for (const [listener, directory] of shared.listeners) {
      listener.onEvent(directory, event, isItself ? undefined : name);
    }
  }

  #removeListener(shared: SharedWatch, listener: DirectoryListener): void {
    if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return;
    this.#shared.delete(shared.path);
    this.#close(shared);
  }

  #close(shared: SharedWatch): void {
    if (!shared.watch) return;
    const closing = shared.watch.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    shared.watch = undefined;
  }
}
