import type { History } from '../history/history.js';
import type { Part } from '../model/part.interface.js';
import type { OutcomeCounter, OutcomeCounts } from '../pinning/outcome-counters.js';
import type { Pins } from '../pinning/pins.js';
import type { CommittedReload } from '../reload/commit.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import type { Reloader } from '../reload/reloader.js';
import type { Rollbacks } from '../reload/rollbacks.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { describePaths } from '../logging/describe-result.js';
import { diff } from '../snapshot/diff.js';
import { plural } from '../util/plural.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { type ProbationOptions, type ProbationRules, probationRules } from './probation-options.js';
import { type ProbationStatus, ProbationRun } from './probation-run.js';

const NOTHING_COUNTED: Readonly<OutcomeCounts> = { requests: 0, errors: 0 };

/** The member of `HotConfigManager.status()`. */
export interface ProbationStatusMember {
  /** Version on probation; absent if none is. */
  readonly probation?: ProbationStatus;
}

/** Everything that probation needs. */
export interface ProbationContext {
  readonly logger: SafeLogger;
  readonly pins: Pins;
  readonly history: History;
  readonly reloader: Reloader;
  readonly rollbacks: Rollbacks;
}

/** A version that passed, or that needs no probation. */
interface ProvenVersion {
  readonly version: number;
  readonly hash: string;
  /** Counts the outcomes on it, to compare with. */
  readonly counter?: OutcomeCounter;
  /** Lets the history forget it. */
  readonly release?: () => void;
}

/**
 * Watches each new version for some time after the commit, and rolls back to the last proven version if it fails.
 * Versions that the app booted with, or that were restored by a rollback, are proven from the start.
 */
export class Probation implements Part, ReloadObserver {
  readonly #rules: ProbationRules;
  #lastProven: ProvenVersion = { version: 0, hash: '' };
  #run: ProbationRun | undefined;
  #isClosed = false;

  /** @throws ConfigOptionsError if an option is not valid */
  constructor(
    options: ProbationOptions,
    private readonly context: ProbationContext,
  ) {
    this.#rules = probationRules(options);
  }

  status(): ProbationStatusMember {
    return this.#run === undefined ? {} : { probation: this.#run.status };
  }

  /** Starts the probation of a new snapshot, before other code runs on it. */
  committed({ commit: { snapshot } }: CommittedReload): void {
    this.#stopRun();
    const { cause, hash } = snapshot;
    const isProven = cause === 'boot' || cause === 'rollback' || hash === this.#lastProven.hash;
    if (isProven) this.#markProven(snapshot, this.#track(snapshot.version));
    else if (!this.#isClosed) this.#start(snapshot);
  }

  /** Ends the probation in progress as passed: the caller takes over the responsibility. */
  end(): void {
    const run = this.#run;
    if (run === undefined) return;
    run.stop();
    this.#run = undefined;
    this.#markProven(run.snapshot, run.counter);
  }

  close(): void {
    this.#isClosed = true;
    this.end();
  }

  #markProven({ version, hash }: Snapshot, counter: OutcomeCounter): void {
    const before = this.#lastProven;
    this.#lastProven = { version, hash, counter, release: this.context.history.hold(version) };
    before.counter?.stop();
    before.release?.();
  }

  #track(version: number): OutcomeCounter {
    return this.context.pins.outcomes.track(version, this.#rules.for);
  }

  #start(snapshot: Snapshot): void {
    const { version: lastProven, counter: baseline } = this.#lastProven;
    const run: ProbationRun = new ProbationRun(this.#rules, {
      snapshot,
      counter: this.#track(snapshot.version),
      baseline: { version: lastProven, counts: baseline ?? NOTHING_COUNTED },
      runWith: (pinned, fn) => this.context.pins.runWith(pinned, fn),
      onPassed: () => this.#pass(run),
      onFailed: (reason) => void this.#fail(run, reason),
    });
    this.#run = run;
    run.start();
  }

  /** Ends the probation in progress without a result: another version is in force. */
  #stopRun(): void {
    this.#run?.stop();
    this.#run?.counter.stop();
    this.#run = undefined;
  }

  #pass(run: ProbationRun): void {
    const { version, requests, errors, checks } = run.status;
    this.end();
    this.context.logger.log(
      `Configuration version ${version} passed its probation ` +
        `(${plural(checks, 'check')}, ${errors} of ${plural(requests, 'request')} failed)`,
    );
  }

  /** Names the values that the version has other than the last proven one: one of them is the cause, as a rule. */
  #changesOf({ value }: Snapshot): string {
    const { version } = this.#lastProven;
    const proven = this.context.history.find(version);
    if (proven === undefined) return '';
    return `. Changed since version ${version}: ${describePaths(diff(proven.value, value))}`;
  }

  async #fail(run: ProbationRun, reason: string): Promise<void> {
    // A reload in progress may fix the problem, and its version gets its own probation.
    await this.context.reloader.idle();
    if (this.#run !== run || this.#isClosed) return;
    const { logger, rollbacks } = this.context;
    const { version } = run.snapshot;
    const lastProven = this.#lastProven.version;
    logger.error(
      `Configuration version ${version} failed its probation, rolling back to version ${lastProven}: ${reason}` +
        this.#changesOf(run.snapshot),
    );
    const result = await rollbacks.run({ version: lastProven }, { reason, actor: 'probation' });
    if (this.#run !== run) return;
    this.#stopRun();
    if (result.outcome !== 'rejected') return;
    logger.error(
      `Configuration version ${version} failed its probation (${reason}) and STAYS IN FORCE: ` +
        `the rollback to version ${lastProven} was rejected: ${result.error.summary}`,
    );
  }
}
