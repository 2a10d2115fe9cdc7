import { LONGEST_PAUSE, nextLook, pause, pauseAfter } from '../../connection/pauses.js';
import type { ConfigStoreError } from '../contract/config-store.error.js';
import type { StoreWatches } from '../contract/store-watches.js';
import type { Row } from './postgres-connection.js';
import { MAX_CHANGES } from './postgres-statements.js';

interface KnownChange {
  readonly number: string;
  readonly id: string;
}

/** What a watch needs of its store. */
export interface WatchParts {
  readonly watches: StoreWatches;
  readonly interval: number;
  /** Reads the newest change. */
  readonly newest: () => Promise<readonly Row[]>;
  /** Reads the known change and those after it. */
  readonly since: (number: string) => Promise<readonly Row[]>;
  /** Tells the watches about a change. */
  readonly changed: (change: Row) => void;
  readonly missedError: () => ConfigStoreError;
}

/**
 * Looks for changes from time to time: one small statement for all watches of a store, and another one if there is a
 * change.
 */
export class PostgresWatch {
  readonly #ended = new AbortController();
  #known: KnownChange | undefined;

  constructor(private readonly parts: WatchParts) {
    void this.#run();
  }

  close(): void {
    this.#ended.abort();
  }

  async #run(): Promise<void> {
    const { watches, interval } = this.parts;
    const { signal } = this.#ended;
    let failures = 0;
    while (!signal.aborted) {
      let wait: number;
      try {
        const hasMore = await this.#look(signal);
        failures = 0;
        if (!signal.aborted) watches.restored();
        wait = hasMore ? 0 : nextLook(interval);
      } catch (error) {
        if (signal.aborted) return;
        watches.lost(error as ConfigStoreError);
        failures += 1;
        wait = pauseAfter(failures, LONGEST_PAUSE);
      }
      await pause(wait, signal);
    }
  }

  /** Returns `true` if there may be more changes. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const known = this.#known;
    const [newest] = await this.parts.newest();
    if (newest === undefined) return false;
    if (known === undefined) this.#known = toChange(newest);
    if (known === undefined || isSame(newest, known)) return false;
    const [first, ...changes] = await this.parts.since(known.number);
    if (signal.aborted) return false;
    if (!isSame(first, known)) {
      this.#known = toChange(newest);
      this.parts.watches.lost(this.parts.missedError());
      return false;
    }
    this.#known = toChange(changes.at(-1) ?? newest);
    for (const change of changes) this.parts.changed(change);
    return changes.length === MAX_CHANGES;
  }
}

function toChange({ number, id }: Row): KnownChange {
  return { number: String(number), id: String(id) };
}

function isSame(change: Row | undefined, known: KnownChange): boolean {
  return change?.['number'] === known.number && change['id'] === known.id;
}
