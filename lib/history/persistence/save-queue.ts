/** Interval, in ms, at which saving is retried while it fails and nothing new is added. */
export const RETRY_INTERVAL = 5_000;

/** Options of a queue. */
export interface SaveQueueOptions<T> {
  /** Limit for the waiting items. When it is exceeded, the oldest is discarded. */
  readonly limit: number;
  /** Saves one item. A rejection means that the disk refuses it for now: it is retried. */
  readonly save: (item: T) => Promise<void>;
  /** Called when saving starts to fail. */
  readonly onFailure: (error: unknown) => void;
  /** Called when saving works again, with the time from which it has failed. */
  readonly onRecovery: (since: Date) => void;
}

/** Saves items one after the other, in the background. Items wait in memory while the disk is slow or fails. */
export class SaveQueue<T> {
  #waiting: T[] = [];
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failingSince: Date | undefined;

  constructor(private readonly options: SaveQueueOptions<T>) {}

  /** Time from which all attempts have failed; undefined if the last one did not fail. */
  get failingSince(): Date | undefined {
    return this.#failingSince;
  }

  /** The number of items that are not saved yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length > this.options.limit) this.#waiting.shift();
    this.#start();
  }

  /** Resolves when everything is saved, or the disk has refused it. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Tries a last time. */
  async close(): Promise<void> {
    if (this.#failingSince !== undefined) this.#start();
    await this.idle();
    clearTimeout(this.#retry);
  }

  #start(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return;
    clearTimeout(this.#retry);
    this.#running = this.#saveAll();
  }

  async #saveAll(): Promise<void> {
    try {
      for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
        await this.options.save(item);
        // It may have been discarded meanwhile.
        if (this.#waiting[0] === item) this.#waiting.shift();
        if (this.#failingSince !== undefined) this.options.onRecovery(this.#failingSince);
        this.#failingSince = undefined;
      }
    } catch (error) {
      if (this.#failingSince === undefined) this.options.onFailure(error);
      this.#failingSince ??= new Date();
      this.#retry = setTimeout(() => this.#start(), RETRY_INTERVAL).unref();
    } finally {
      // In the same turn as the last check of the queue: `add()` starts it again from now on.
      this.#running = undefined;
    }
  }
}
