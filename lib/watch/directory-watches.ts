import { basename } from 'node:path';
import { DirectoryWatch, type RawEvent } from './directory-watch.js';
import type { Interest } from './look.js';

/** Who wants to hear about directories. */
export interface DirectoryListener {
  /** Something happened at an entry of a directory it is interested in; `undefined` where the system does not say. */
  event(interest: Interest, event: RawEvent, name: string | undefined): void;
  /** What happened before this moment was perhaps not told. */
  stood(): void;
  /** A directory it is interested in cannot be watched. */
  failed(interest: Interest, error: NodeJS.ErrnoException): void;
}

/** One directory, with all who are interested in it. */
interface Shared {
  readonly path: string;
  readonly listeners: Map<DirectoryListener, Interest>;
  watch: DirectoryWatch | undefined;
}

/** One watch for each directory, for as long as somebody is interested in it. */
export class DirectoryWatches {
  readonly #shared = new Map<string, Shared>();
  readonly #closing = new Set<Promise<void>>();

  /** Makes these the directories a listener hears about. Resolves when all of them are being watched. */
  async follow(listener: DirectoryListener, places: ReadonlyMap<string, Interest>): Promise<void> {
    const standing: Promise<void>[] = [];
    for (const [path, interest] of places) {
      const shared = this.#shared.get(path) ?? { path, listeners: new Map(), watch: undefined };
      this.#shared.set(path, shared);
      shared.listeners.set(listener, interest);
      standing.push(this.#watch(shared, interest.identity).standing);
    }
    for (const shared of this.#shared.values()) {
      if (!places.has(shared.path)) this.#leave(shared, listener);
    }
    await Promise.all(standing);
  }

  /** Ends what `follow` began. */
  unfollow(listener: DirectoryListener): void {
    for (const shared of this.#shared.values()) this.#leave(shared, listener);
  }

  /** Makes new watches of the directories a listener relies on: the old ones may have gone deaf. */
  distrust(listener: DirectoryListener): void {
    for (const shared of this.#shared.values()) {
      if (shared.watch && shared.listeners.has(listener)) this.#renew(shared, shared.watch.identity);
    }
  }

  /** Resolves when every watch has let go of its handle. */
  async close(): Promise<void> {
    for (const shared of this.#shared.values()) this.#release(shared);
    this.#shared.clear();
    await Promise.all(this.#closing);
  }

  #watch(shared: Shared, identity: string): DirectoryWatch {
    // A watch follows the inode, not the path: after a swap by rename it reports on the directory that was moved away.
    return shared.watch?.identity === identity ? shared.watch : this.#renew(shared, identity);
  }

  #renew(shared: Shared, identity: string): DirectoryWatch {
    this.#release(shared);
    const watch = new DirectoryWatch(
      shared.path,
      identity,
      (event, name) => this.#dispatch(shared, event, name),
      (error) => {
        for (const [listener, interest] of shared.listeners) listener.failed(interest, error);
      },
    );
    shared.watch = watch;
    void watch.standing.then(() => {
      if (shared.watch === watch) shared.listeners.forEach((_, listener) => listener.stood());
    });
    return watch;
  }

  #dispatch(shared: Shared, event: RawEvent, name: string | undefined): void {
    // The directory's own removal or renaming comes under its own name; a file in it may be called the same.
    const isItself = event === 'renamed' && (name === undefined || name === basename(shared.path));
    // Even where a new directory gets the inode of a removed one, the watch does not live on.
    if (isItself) this.#release(shared);
    for (const [listener, interest] of shared.listeners) {
      listener.event(interest, event, isItself ? undefined : name);
    }
  }

  #leave(shared: Shared, listener: DirectoryListener): void {
    if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return;
    this.#shared.delete(shared.path);
    this.#release(shared);
  }

  #release(shared: Shared): void {
    if (!shared.watch) return;
    const closing = shared.watch.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    shared.watch = undefined;
  }
}
