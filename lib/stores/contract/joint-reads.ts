import type { StoreEntry } from './config-store.interface.js';

/** Maximum number of keys that are read together. etcd allows 128 operations in a transaction. */
const MOST_KEYS = 100;

/** Maximum number of reads at the same time. */
const MOST_READS = 2;

/** Returns what the store has for these keys; a key that is missing in the answer does not exist. */
type ReadKeys = (keys: readonly string[]) => Promise<ReadonlyMap<string, StoreEntry>>;

interface Waiting {
  resolve(entry: StoreEntry | undefined): void;
  reject(error: unknown): void;
}

/**
 * Reads keys together that are asked for at the same time. The sources of a store all ask at the start, and when the store is
 * back: a request for each would take so long that the last ones run into their deadline.
 */
export class JointReads {
  #waiting = new Map<string, Waiting[]>();
  #running = 0;

  constructor(private readonly read: ReadKeys) {}

  get(key: string): Promise<StoreEntry | undefined> {
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(key);
      if (others === undefined) this.#waiting.set(key, [{ resolve, reject }]);
      else others.push({ resolve, reject });
      // Not before all that is asked for in this turn is known.
      setImmediate(() => void this.#start());
    });
  }

  async #start(): Promise<void> {
    if (this.#waiting.size === 0 || this.#running >= MOST_READS) return;
    const waiting = new Map([...this.#waiting].slice(0, MOST_KEYS));
    for (const key of waiting.keys()) this.#waiting.delete(key);
    this.#running += 1;
    try {
      const entries = await this.read([...waiting.keys()]);
      for (const [key, callers] of waiting) for (const caller of callers) caller.resolve(entries.get(key));
    } catch (error) {
      // What still waits would fail as well, but after a deadline of its own.
      const all = [...waiting.values(), ...this.#waiting.values()].flat();
      this.#waiting.clear();
      for (const caller of all) caller.reject(error);
    } finally {
      this.#running -= 1;
      void this.#start();
    }
  }
}
