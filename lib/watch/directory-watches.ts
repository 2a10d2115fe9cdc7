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

interface Watched {
  watch: DirectoryWatch;
  readonly listeners: Map<DirectoryListener, Interest>;
  /** Set when the directory itself was removed or renamed: the watch hangs on to what was there. */
  stale: boolean;
}

/** One watch for each directory, for as long as somebody is interested in it. */
export class DirectoryWatches {
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new Set<Promise<void>>();

  /** Makes these the directories a listener hears about. Resolves when all of them are being watched. */
  async follow(listener: DirectoryListener, places: ReadonlyMap<string, Interest>): Promise<void> {
    const standing: Promise<void>[] = [];
    for (const [path, interest] of places) {
      const watched = this.#watch(path, interest.identity);
      watched.listeners.set(listener, interest);
      standing.push(watched.watch.standing);
    }
    for (const [path, watched] of this.#watched) {
      if (!places.has(path)) this.#leave(path, watched, listener);
    }
    await Promise.all(standing);
  }

  /** Ends what `follow` began. */
  unfollow(listener: DirectoryListener): void {
    for (const [path, watched] of this.#watched) this.#leave(path, watched, listener);
  }

  /** Distrusts what a listener relies on: each of its directories gets a new watch at the next look. */
  distrust(listener: DirectoryListener): void {
    for (const watched of this.#watched.values()) {
      if (watched.listeners.has(listener)) watched.stale = true;
    }
  }

  /** Resolves when every watch that was given up has let go of its handle. */
  async close(): Promise<void> {
    for (const watched of this.#watched.values()) this.#release(watched.watch);
    this.#watched.clear();
    await Promise.all(this.#closing);
  }

  #watch(path: string, identity: string | undefined): Watched {
    const known = this.#watched.get(path);
    if (!known) {
      const listeners = new Map<DirectoryListener, Interest>();
      const watched: Watched = { watch: this.#begin(path, identity), listeners, stale: false };
      this.#watched.set(path, watched);
      return watched;
    }
    // A watch follows the inode, not the path: after a swap by rename it reports on the directory that was moved away.
    if (known.stale || known.watch.identity !== identity) {
      this.#release(known.watch);
      known.watch = this.#begin(path, identity);
      known.stale = false;
    }
    return known;
  }

  #begin(path: string, identity: string | undefined): DirectoryWatch {
    const watch = new DirectoryWatch(
      path,
      identity,
      (event, name) => this.#dispatch(path, event, name),
      (error) => {
        for (const [listener, interest] of this.#listenersOf(path)) listener.failed(interest, error);
      },
    );
    void watch.standing.then(() => {
      if (this.#watched.get(path)?.watch !== watch) return;
      for (const [listener] of this.#listenersOf(path)) listener.stood();
    });
    return watch;
  }

  #dispatch(path: string, event: RawEvent, name: string | undefined): void {
    // The directory's own removal or renaming comes under its own name; a file in it may be called the same.
    const isItself = event === 'renamed' && (name === undefined || name === basename(path));
    const watched = this.#watched.get(path);
    if (isItself && watched) watched.stale = true;
    for (const [listener, interest] of this.#listenersOf(path)) {
      listener.event(interest, event, isItself ? undefined : name);
    }
  }

  /** A copy: who hears of an event may follow other directories at once. */
  #listenersOf(path: string): [DirectoryListener, Interest][] {
    return [...(this.#watched.get(path)?.listeners ?? [])];
  }

  #leave(path: string, watched: Watched, listener: DirectoryListener): void {
    if (!watched.listeners.delete(listener) || watched.listeners.size > 0) return;
    this.#watched.delete(path);
    this.#release(watched.watch);
  }

  #release(watch: DirectoryWatch): void {
    const closing = watch.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
