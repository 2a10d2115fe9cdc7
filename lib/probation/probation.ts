import { OutcomeCounters, type OutcomeCounts } from '../pinning/outcome-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { type ProbationOptions, type ProbationRules, probationRules } from './probation-options.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { type ProbationStatus, ProbationRun } from './probation-run.js';

const NOTHING_COUNTED: Readonly<OutcomeCounts> = { requests: 0, errors: 0 };

/** Everything that probation needs. */
export interface ProbationContext {
  readonly logger: ConfigLogger;
  /** Runs a function pinned to a snapshot, without counting its outcome. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Resolves when no reload runs or waits. */
  readonly idle: () => Promise<void>;
  /** Never rejects. */
  readonly rollBack: (version: number, reason: string) => Promise<ReloadResult>;
}

/**
 * Watches each new version for some time after the commit, and rolls back to the last proven version if it fails.
 * Versions that the app booted with, or that were restored by a rollback, are proven from the start.
 */
export class Probation {
  /** Counts outcomes on the version on probation and on the last proven version. */
  readonly outcomes: OutcomeCounters;
  readonly #rules: ProbationRules;
  #lastProven: Pick<Snapshot, 'version' | 'hash'> = { version: 0, hash: '' };
  #run: ProbationRun | undefined;
  #isClosed = false;

  /** @throws ConfigOptionsError if an option is not valid */
  constructor(
    options: ProbationOptions,
    private readonly context: ProbationContext,
  ) {
    this.#rules = probationRules(options);
    this.outcomes = new OutcomeCounters(this.#rules.for);
  }

  /** The version on probation; undefined if none is. */
  get status(): ProbationStatus | undefined {
    return this.#run?.status;
  }

  /** `true` for the version to roll back to: the history must keep it. */
  needs(version: number): boolean {
    return version === this.#lastProven.version;
  }

  /** Starts the probation of a new snapshot. Called at the commit, before other code runs on it. */
  committed(snapshot: Snapshot): void {
    this.#run?.stop();
    const { cause, hash } = snapshot;
    const isProven = cause === 'boot' || cause === 'rollback' || hash === this.#lastProven.hash;
    if (isProven) this.#markProven(snapshot);
    else this.#start(snapshot);
  }

  /** Ends the probation in progress as passed: the caller takes over the responsibility. */
  end(): void {
    if (this.#run === undefined) return;
    this.#run.stop();
    this.#markProven(this.#run.snapshot);
  }

  close(): void {
    this.#isClosed = true;
    this.end();
  }

  #markProven({ version, hash }: Snapshot): void {
    this.#lastProven = { version, hash };
    this.#run = undefined;
    this.outcomes.trackVersions([version]);
  }

  #start(snapshot: Snapshot): void {
    if (this.#isClosed) return;
    const { version } = snapshot;
    const lastProven = this.#lastProven.version;
    this.outcomes.trackVersions([lastProven, version]);
    const run = new ProbationRun(this.#rules, {
      snapshot,
      counter: this.outcomes.counter(version)!, // tracked since the line above
      baseline: { version: lastProven, counts: this.outcomes.counter(lastProven) ?? NOTHING_COUNTED },
      runWith: this.context.runWith,
      onPassed: () => this.#pass(run),
      onFailed: (reason) => void this.#fail(run, reason),
    });
    this.#run = run;
    run.start();
  }

  #pass({ snapshot, status }: ProbationRun): void {
    const { version, requests, errors, checks } = status;
    this.#markProven(snapshot);
    this.context.logger.log(
      `Configuration version ${version} passed its probation ` +
        `(${checks} checks, ${errors} of ${requests} requests failed)`,
    );
  }

  async #fail(run: ProbationRun, reason: string): Promise<void> {
    // A reload in progress may fix the problem, and its version gets its own probation.
    await this.context.idle();
    if (this.#run !== run || this.#isClosed) return;
    const { logger } = this.context;
    const { version } = run.snapshot;
    const lastProven = this.#lastProven.version;
    logger.error(
      `Configuration version ${version} failed its probation, rolling back to version ${lastProven}: ${reason}`,
    );
    const result = await this.context.rollBack(lastProven, reason);
    if (this.#run !== run) return;
    this.#run = undefined;
    if (result.outcome !== 'rejected') return;
    logger.error(
      `Configuration version ${version} failed its probation (${reason}) and STAYS IN FORCE: ` +
        `the rollback to version ${lastProven} was rejected: ${result.error.summary}`,
    );
  }
}
