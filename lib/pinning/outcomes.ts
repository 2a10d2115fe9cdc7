/** How the work of a pin ended; undefined where nobody can tell, as with a client that went away. */
export type Outcome = 'succeeded' | 'failed' | undefined;

/** How much work ended, and how much of it failed. */
export interface WorkCounts {
  readonly requests: number;
  readonly errors: number;
}

/**
 * Counts how work ended on the versions that somebody wants to compare; on others it counts nothing. It is told of every
 * request, so it allocates nothing.
 */
export class Outcomes {
  #tallies: ReadonlyMap<number, WorkCounter> = new Map();

  constructor(
    /** What is older than this, in ms, or at most twice as old, does not count any more. */
    private readonly window: number,
  ) {}

  /** Counts for these versions from now on, and for no others. What was counted for them stays. */
  follow(versions: readonly number[]): void {
    const { window } = this;
    this.#tallies = new Map(
      versions.map((version) => [version, this.#tallies.get(version) ?? new WorkCounter(window)]),
    );
  }

  /** What was counted for a version that is followed. */
  counter(version: number): WorkCounter | undefined {
    return this.#tallies.get(version);
  }

  /** Work on `version` that began at `since` (of `performance.now()`) has ended. */
  count(version: number, outcome: Outcome, since: number): void {
    if (outcome !== undefined) this.#tallies.get(version)?.count(outcome === 'failed', since);
  }
}

/**
 * Counts of one version. They are of the recent past: what an app failed at last week says nothing about what is to be
 * expected of it now.
 */
export class WorkCounter implements WorkCounts {
  /** Called after each count. */
  counted: (() => void) | undefined;
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
    if (since - this.#start >= this.window) this.#turn(since);
    this.#requests += 1;
    if (failed) this.#errors += 1;
    this.counted?.();
  }

  #turn(now: number): void {
    const isRecent = now - this.#start < 2 * this.window;
    this.#requestsBefore = isRecent ? this.#requests : 0;
    this.#errorsBefore = isRecent ? this.#errors : 0;
    this.#requests = this.#errors = 0;
    this.#start = now;
  }
}
