import { OutcomeCounters, type OutcomeCounts } from '../pinning/outcome-counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { type ProbationOptions, type ProbationRules, probationRules } from './probation-options.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { type ProbationStatus, ProbationRun } from './probation-run.js';

const NOTHING_COUNTED: OutcomeCounts = { requests: 0, errors: 0 };

/** What a probation needs to know of the rest. */
export interface ProbationContext {
  readonly logger: ConfigLogger;
  /** Runs a function pinned to a snapshot, without counting how it ends. */
  readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R;
  /** Resolves when no reload runs or waits. */
  readonly idle: () => Promise<void>;
  /** Brings a version back. Never rejects. */
  readonly rollBack: (to: number, reason: string) => Promise<ReloadResult>;
}

/**
 * Puts each new version on trial, and brings the last proven one back where it fails. What an operator brought back, and
 * what the app booted with, is trusted.
 */
export class Probation {
  /** Counts how work ends on the versions that are compared. */
  readonly outcomes: OutcomeCounters;
  readonly #rules: ProbationRules;
  #proven: Pick<Snapshot, 'version' | 'hash'> = { version: 0, hash: '' };
  #trial: ProbationRun | undefined;
  #isClosed = false;

  /** @throws ConfigOptionsError where an option makes no sense */
  constructor(
    options: ProbationOptions,
    private readonly context: ProbationContext,
  ) {
    this.#rules = probationRules(options);
    this.outcomes = new OutcomeCounters(this.#rules.for);
  }

  /** The version that is on trial. */
  get status(): ProbationStatus | undefined {
    return this.#trial?.status;
  }

  /** Whether a version must be kept, because it may have to be brought back. */
  needs(version: number): boolean {
    return version === this.#proven.version;
  }

  /** To be called at each commit, before anything runs on the new version. */
  committed(snapshot: Snapshot): void {
    this.#trial?.stop();
    const { cause, hash } = snapshot;
    // The sources may say again what has proved itself.
    if (cause === 'boot' || cause === 'rollback' || hash === this.#proven.hash) this.#trust(snapshot);
    else this.#try(snapshot);
  }

  /** Ends the trial that runs, in favour of its version: whoever asks for this has taken over. */
  end(): void {
    if (this.#trial === undefined) return;
    this.#trial.stop();
    this.#trust(this.#trial.snapshot);
  }

  /** Ends it for good. */
  close(): void {
    this.#isClosed = true;
    this.end();
  }

  #trust({ version, hash }: Snapshot): void {
    this.#proven = { version, hash };
    this.#trial = undefined;
    this.outcomes.trackVersions([version]);
  }

  #try(snapshot: Snapshot): void {
    if (this.#isClosed) return;
    const { version } = snapshot;
    const proven = this.#proven.version;
    this.outcomes.trackVersions([proven, version]);
    const trial = new ProbationRun(this.#rules, {
      snapshot,
      tally: this.outcomes.counter(version)!, // followed just now
      baseline: { version: proven, counts: this.outcomes.counter(proven) ?? NOTHING_COUNTED },
      runWith: this.context.runWith,
      proven: () => this.#prove(trial),
      failed: (reason) => void this.#fail(trial, reason),
    });
    this.#trial = trial;
    trial.start();
  }

  #prove({ snapshot, status }: ProbationRun): void {
    const { version, requests, errors, checks } = status;
    this.#trust(snapshot);
    this.context.logger.log(
      `Configuration version ${version} has proved itself ` +
        `(${checks} checks, ${requests} requests of which ${errors} failed)`,
    );
  }

  async #fail(trial: ProbationRun, reason: string): Promise<void> {
    // What is being applied may be what mends it, and comes with a trial of its own.
    await this.context.idle();
    if (this.#trial !== trial || this.#isClosed) return;
    const { logger } = this.context;
    const { version } = trial.snapshot;
    const proven = this.#proven.version;
    logger.error(
      `Configuration version ${version} failed its probation, bringing version ${proven} back: ${reason}`,
    );
    const result = await this.context.rollBack(proven, reason);
    if (this.#trial !== trial) return;
    this.#trial = undefined;
    if (result.outcome !== 'rejected') return;
    logger.error(
      `Configuration version ${version} failed its probation (${reason}) and STAYS IN FORCE, ` +
        `for version ${proven} could not be brought back: ${result.error.summary}`,
    );
  }
}
