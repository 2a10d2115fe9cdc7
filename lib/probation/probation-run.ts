import type { OutcomeCounter, OutcomeCounts } from '../pinning/outcome-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { HealthChecks } from './health-checks.js';
import type { ProbationRules } from './probation-options.js';

/**
 * A version on probation, as `HotConfigManager.status()` tells.
 *
 * @publicApi
 */
export interface ProbationStatus {
  /** The version that has to prove itself. */
  readonly version: number;
  /** When it was committed. */
  readonly since: Date;
  /** When it will have. */
  readonly until: Date;
  /** How many requests have ended on it. */
  readonly requests: number;
  /** How many of them failed. */
  readonly errors: number;
  /** How many health checks have ended. */
  readonly checks: number;
}

/** Work on the last proven version, to compare with. */
export interface Baseline {
  readonly version: number;
  readonly counts: OutcomeCounts;
}

/** What a trial is about, and who wants to know how it ends. */
export interface ProbationRunParts {
  readonly snapshot: Snapshot;
  /** Counts the work that ends on the version. */
  readonly tally: OutcomeCounter;
  readonly baseline: Baseline;
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  readonly proven: () => void;
  readonly failed: (reason: string) => void;
}

/** The time in which one version has to prove itself: it is checked, and its errors are counted, until it has or fails. */
export class ProbationRun {
  readonly #since = new Date();
  readonly #until: Date;
  readonly #checks: HealthChecks | undefined;
  #end: NodeJS.Timeout | undefined;
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
        pinned: (run) => runWith(snapshot, run),
        failed: (reason) => this.#fail(reason),
      });
  }

  /** The version on trial. */
  get snapshot(): Snapshot {
    return this.parts.snapshot;
  }

  get status(): ProbationStatus {
    const { requests, errors } = this.parts.tally;
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
    this.parts.tally.onCount = () => this.#compare();
    // One check at least.
    this.#checks?.start(Math.min(this.rules.interval, this.rules.for));
    this.#end = setTimeout(() => void this.#conclude(), this.rules.for).unref();
  }

  /** Ends it without a verdict. */
  stop(): void {
    this.#isOver = true;
    this.parts.tally.onCount = undefined;
    clearTimeout(this.#end);
    this.#checks?.stop();
  }

  async #conclude(): Promise<void> {
    // The last check has the time that each has.
    await this.#checks?.settled();
    if (this.#isOver) return;
    this.stop();
    this.parts.proven();
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.stop();
    this.parts.failed(reason);
  }

  #compare(): void {
    const { tally } = this.parts;
    const { counts, version } = this.parts.baseline;
    const { minRequests, maxErrorRate } = this.rules;
    const excess = rateOf(tally, minRequests) - rateOf(counts, minRequests);
    // A little more: 0.4 - 0.3 is not quite 0.1.
    if (tally.requests < minRequests || excess <= maxErrorRate + 1e-9) return;
    const before = counts.requests === 0 ? '' : `, ${share(counts)} of version ${version}`;
    this.#fail(`${share(tally)} requests failed${before}`);
  }
}

/** One failure of one request is no rate: it is taken for one of as many as say something. */
function rateOf({ requests, errors }: OutcomeCounts, minRequests: number): number {
  return errors / Math.max(requests, minRequests);
}

function share({ requests, errors }: OutcomeCounts): string {
  return `${errors} of ${requests}`;
}
