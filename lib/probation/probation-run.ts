import type { OutcomeCounter } from '../pinning/outcome-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { tooManyErrors, type Baseline } from './error-rate.js';
import { HealthChecks } from './health-checks.js';
import type { ProbationRules } from './probation-options.js';

/**
 * A version on probation, in `HotConfigManager.status()`.
 *
 * @publicApi
 */
export interface ProbationStatus {
  /** The version on probation. */
  readonly version: number;
  /** Time of its commit. */
  readonly since: Date;
  /** Time at which the probation ends. */
  readonly until: Date;
  /** Number of requests that have ended on it. */
  readonly requests: number;
  /** Number of them that failed. */
  readonly errors: number;
  /** Number of health checks that have ended. */
  readonly checks: number;
}

/** Everything that the probation of one version needs. */
export interface ProbationRunParts {
  readonly snapshot: Snapshot;
  /** Counts the outcomes on the version. */
  readonly counter: OutcomeCounter;
  readonly baseline: Baseline;
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  readonly onPassed: () => void;
  readonly onFailed: (reason: string) => void;
}

/** The probation of one version: runs health checks and compares error rates, until the time is over or the version fails. */
export class ProbationRun {
  readonly #since = new Date();
  readonly #until: Date;
  readonly #checks: HealthChecks | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    private readonly rules: ProbationRules,
    private readonly parts: ProbationRunParts,
  ) {
    const { healthCheck } = rules;
    const { snapshot, runWith } = parts;
    this.#until = new Date(+this.#since + rules.for);
    this.#checks =
      healthCheck &&
      new HealthChecks(rules, {
        check: (signal) => healthCheck(snapshot, signal),
        runPinned: (run) => runWith(snapshot, run),
        onFailed: (reason) => this.#fail(reason),
      });
  }

  /** Counts the outcomes on the version. */
  get counter(): OutcomeCounter {
    return this.parts.counter;
  }

  get snapshot(): Snapshot {
    return this.parts.snapshot;
  }

  get status(): ProbationStatus {
    const { requests, errors } = this.parts.counter;
    return {
      version: this.snapshot.version,
      since: this.#since,
      until: this.#until,
      requests,
      errors,
      checks: this.#checks?.done ?? 0,
    };
  }

  start(): void {
    this.parts.counter.onCount = () => this.#compareErrorRates();
    // `min`, so that at least one check runs.
    this.#checks?.start(Math.min(this.rules.interval, this.rules.for));
    this.#timer = setTimeout(() => void this.#conclude(), this.rules.for).unref();
  }

  /** Ends the probation without a result. */
  stop(): void {
    this.#isOver = true;
    this.parts.counter.onCount = undefined;
    clearTimeout(this.#timer);
    this.#checks?.stop();
  }

  async #conclude(): Promise<void> {
    // A check that still runs may use its whole timeout.
    await this.#checks?.settled();
    if (this.#isOver) return;
    this.stop();
    this.parts.onPassed();
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.stop();
    this.parts.onFailed(reason);
  }

  #compareErrorRates(): void {
    const { counter, baseline } = this.parts;
    const reason = tooManyErrors(counter, baseline, this.rules);
    if (reason !== undefined) this.#fail(reason);
  }
}
