import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type { ConfigStoreError } from './config-store.error.js';
import type { StoreEntry, StoreListener } from './config-store.interface.js';

interface StoreWatch {
  readonly prefix: string;
  readonly listener: StoreListener;
}

/** The watches of a store, which share its one connection. */
export class StoreWatches {
  readonly #watches = new Set<StoreWatch>();
  /** Why messages may be missed; undefined while they arrive. */
  #lost: ConfigStoreError | undefined;

  /** @param parts `opened` is called with the first watch, `closed` when the last one has ended */
  constructor(private readonly parts: { opened(): void; closed(): void | Promise<void> }) {}

  get size(): number {
    return this.#watches.size;
  }

  add(prefix: string, listener: StoreListener): WatchHandle {
    const watch: StoreWatch = { prefix, listener };
    this.#watches.add(watch);
    if (this.#watches.size === 1) {
      this.#lost = undefined;
      this.parts.opened();
    } else if (this.#lost !== undefined) {
      const lost = this.#lost;
      // Not before the caller has its handle.
      queueMicrotask(() => {
        if (this.#watches.has(watch) && this.#lost === lost) isolated(() => listener.lost(lost));
      });
    }
    return {
      close: () => {
        const isLast = this.#watches.delete(watch) && this.#watches.size === 0;
        return isLast ? this.parts.closed() : undefined;
      },
    };
  }

  changed(key: string, entry?: StoreEntry): void {
    for (const { prefix, listener } of this.#watches)
      if (key.startsWith(prefix)) isolated(() => listener.changed(key, entry));
  }

  /** Does nothing if they know. */
  lost(error: ConfigStoreError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    for (const { listener } of this.#watches) isolated(() => listener.lost(error));
  }

  /** Does nothing if they have missed nothing. */
  restored(): void {
    if (this.#lost === undefined) return;
    this.#lost = undefined;
    for (const { listener } of this.#watches) isolated(() => listener.restored());
  }
}

/** A listener that throws must neither stop the others nor the connection. Its error is its own. */
function isolated(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody else can do anything about it.
  }
}
