/** How often, in ms, a disk that failed is tried again while nothing new is to be saved. */
const RETRY_EVERY = 5_000;

/** What a queue is made of. */
export interface SaveQueueParts<T> {
  /** How many items wait at most; the oldest give way. */
  readonly limit: number;
  /** Saves one. A rejection means that the disk does not take it, now: it is tried again. */
  readonly save: (item: T) => Promise<void>;
  /** Told when saving begins to fail, and when it works again. */
  readonly failed: (error: unknown) => void;
  readonly recovered: () => void;
}

/**
 * Saves one item after the other, in nobody's way. What comes faster than the disk takes it waits, the newest at most
 * `limit`; while the disk fails they wait in memory.
 */
export class SaveQueue<T> {
  #waiting: T[] = [];
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(private readonly parts: SaveQueueParts<T>) {}

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** How many are not saved yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length > this.parts.limit) this.#waiting.shift();
    this.#start();
  }

  /** Resolves when everything is saved, or the disk has refused it. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Tries a last time. */
  async close(): Promise<void> {
    if (this.#isFailing) this.#start();
    await this.settled();
    clearTimeout(this.#retry);
  }

  #start(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return;
    clearTimeout(this.#retry);
    this.#running = this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
        await this.parts.save(item);
        // It may have given way to newer ones meanwhile.
        if (this.#waiting[0] === item) this.#waiting.shift();
        if (this.#isFailing) this.parts.recovered();
        this.#isFailing = false;
      }
    } catch (error) {
      if (!this.#isFailing) this.parts.failed(error);
      this.#isFailing = true;
      this.#retry = setTimeout(() => this.#start(), RETRY_EVERY).unref();
    } finally {
      // In the same turn as the last look: what is added from now on starts it again.
      this.#running = undefined;
    }
  }
}
