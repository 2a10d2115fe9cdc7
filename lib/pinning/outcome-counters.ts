/** The end of the work of a pin; undefined if it is not known, as after a client has disconnected. */
export type Outcome = 'succeeded' | 'failed' | undefined;

export interface OutcomeCounts {
  readonly requests: number;
  readonly errors: number;
}

/**
 * Counts the outcomes on the versions that are to be compared, and ignores other versions. Called for every request, so
 * it allocates nothing.
 */
export class OutcomeCounters {
  #counters: ReadonlyMap<number, OutcomeCounter> = new Map();

  constructor(
    /** Older outcomes are dropped, in ms; at the latest after twice this time. */
    private readonly window: number,
  ) {}

  /** Counts for these versions from now on, and for no others. Versions that were tracked before keep their counts. */
  trackVersions(versions: readonly number[]): void {
    const { window } = this;
    this.#counters = new Map(
      versions.map((version) => [version, this.#counters.get(version) ?? new OutcomeCounter(window)]),
    );
  }

  /** Returns the counter of a version that is tracked. */
  counter(version: number): OutcomeCounter | undefined {
    return this.#counters.get(version);
  }

  /** Counts the end of work on `version` that started at `since` (of `performance.now()`). */
  count(version: number, outcome: Outcome, since: number): void {
    if (outcome !== undefined) this.#counters.get(version)?.count(outcome === 'failed', since);
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

  constructor(private readonly window: number) {}

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
