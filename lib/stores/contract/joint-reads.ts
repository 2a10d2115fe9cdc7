import { isInstance } from '../../util/is-instance.js';
import { ConfigStoreError } from './config-store.error.js';
import type { StoreEntry } from './config-store.interface.js';

/** Maximum number of keys that are read together. etcd allows 128 operations in a transaction. */
const MOST_KEYS = 100;

/** Maximum number of reads at the same time. */
const MOST_READS = 2;

/** What the store has for each key, or why its value cannot be used. A key that is missing here does not exist. */
export type JointAnswer = ReadonlyMap<string, StoreEntry | ConfigStoreError>;

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

  constructor(private readonly read: (keys: readonly string[]) => Promise<JointAnswer>) {}

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
      const answer = await this.read([...waiting.keys()]);
      for (const [key, callers] of waiting) {
        const entry = answer.get(key);
        for (const caller of callers)
          if (isInstance(entry, ConfigStoreError)) caller.reject(entry);
          else caller.resolve(entry);
      }
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

/** Reads keys one after the other: one that is not allowed, or too long, must not fail the others. */
export async function readOneByOne(
  keys: readonly string[],
  read: (key: string) => Promise<StoreEntry | undefined>,
): Promise<JointAnswer> {
  const answer = new Map<string, StoreEntry | ConfigStoreError>();
  for (const key of keys) {
    try {
      const entry = await read(key);
      if (entry !== undefined) answer.set(key, entry);
    } catch (error) {
      if (!isInstance(error, ConfigStoreError) || !isOfOneKey(error)) throw error;
      answer.set(key, error);
    }
  }
  return answer;
}

/** Checks whether an error may be about one of several keys only. */
export function isOfOneKey({ failure }: ConfigStoreError): boolean {
  return failure === 'denied' || failure === 'unusable';
}
