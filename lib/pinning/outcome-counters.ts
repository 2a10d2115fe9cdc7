/** The end of the work of a pin; undefined if it is not known, as after a client has disconnected. */
export type Outcome = 'succeeded' | 'failed' | undefined;

export interface OutcomeCounts {
  readonly requests: number;
  readonly errors: number;
}

/**
 * Counts the outcomes on the versions that are tracked, and ignores other versions. Called for every request, so it
 * allocates nothing.
 */
export class OutcomeCounters {
  readonly #counters = new Map<number, OutcomeCounter[]>();

  /**
   * Counts for a version from now on, until the counter is stopped. Every call makes a counter of its own.
   *
   * @param window older outcomes are dropped, in ms; at the latest after twice this time. Default: none is dropped
   */
  track(version: number, window = Infinity): OutcomeCounter {
    const counter: OutcomeCounter = new OutcomeCounter(window, () => {
      const others = this.#of(version).filter((other) => other !== counter);
      if (others.length > 0) this.#counters.set(version, others);
      else this.#counters.delete(version);
    });
    this.#counters.set(version, [...this.#of(version), counter]);
    return counter;
  }

  /** Counts the end of work on `version` that started at `since` (of `performance.now()`). */
  count(version: number, outcome: Outcome, since: number): void {
    const counters = outcome === undefined ? undefined : this.#counters.get(version);
    if (counters === undefined) return;
    for (const counter of counters) counter.count(outcome === 'failed', since);
  }

  #of(version: number): readonly OutcomeCounter[] {
    return this.#counters.get(version) ?? [];
  }
}

/** Counts of one version in the recent past: last week's errors do not predict today's. */
export class OutcomeCounter implements OutcomeCounts {
  /** Called after each count. */
  onCount: (() => void) | undefined;
  #requests = 0;
  #errors = 0;
  #requestsBefore = 0;
  #errorsBefore = 0;
  #start = performance.now();

  constructor(
    private readonly window: number,
    /** Ends the counting; the counts stay as they are. */
    readonly stop: () => void,
  ) {}

  get requests(): number {
    return this.#requestsBefore + this.#requests;
  }

  get errors(): number {
    return this.#errorsBefore + this.#errors;
  }

  count(failed: boolean, since: number): void {
    if (since - this.#start >= this.window) this.#startWindow(since);
    this.#requests += 1;
    if (failed) this.#errors += 1;
    this.onCount?.();
  }

  #startWindow(now: number): void {
    const isRecent = now - this.#start < 2 * this.window;
    this.#requestsBefore = isRecent ? this.#requests : 0;
    this.#errorsBefore = isRecent ? this.#errors : 0;
    this.#requests = this.#errors = 0;
    this.#start = now;
  }
}
