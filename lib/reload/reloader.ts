import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppCall, type AppCalls } from '../model/app-call.js';
import { HotConfigError } from '../model/hot-config.error.js';
import type { Part } from '../model/part.interface.js';
import { chainAfter } from '../model/reload-chain.js';
import type { RejectedReload, ReloadResult, UnchangedReload } from '../model/reload-result.interface.js';
import type { ReloadCause } from '../model/reload-stage.js';
import { summarizeNames } from '../util/summarize-names.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { isSameState } from './is-same-state.js';
import { PreparedReload } from './prepared-reload.js';
import { requestOf, type ReloadJob } from './reload-job.js';
import { ReloadQueue } from './reload-queue.js';
import type { RequestGuard } from './request-guard.js';
import { ResultBuilder } from './result-builder.js';
import { StageClock } from './stage-clock.js';
import { Transaction, type ReadyCommit, type TransactionContext } from './transaction.js';

/** How messages call the requests of a cause. */
const REQUESTS: Readonly<Partial<Record<ReloadCause, string>>> = {
  override: 'set() or unset()',
  rollback: 'rollback()',
};

/** Everything that a reloader needs. */
export interface ReloaderContext extends TransactionContext {
  readonly calls: AppCalls;
  readonly guard: RequestGuard;
}

/** Runs reloads, one at a time. Those that wait for their commit hold up no others. */
export class Reloader implements Part {
  readonly #queue = new ReloadQueue(async (job) => {
    if (this.#hasEnded) return this.#refused(job, discarded('The app has shut down.'));
    const result = await this.#run(job);
    this.context.guard.ended(job.chain, result);
    return result;
  });
  /** Those that were neither committed nor discarded. */
  readonly #open = new Set<PreparedReload>();
  #isClosed = false;
  /** `true` after the time that reloads get to end in when the app shuts down. */
  #hasEnded = false;

  constructor(private readonly context: ReloaderContext) {}

  /** Requests a reload. Never rejects: a failure is in the result. */
  readonly reload = (job: ReloadJob): Promise<ReloadResult> => {
    const linked = this.#linked(job);
    return this.refusal(linked) ?? this.#queue.add(linked);
  };

  /**
   * The result of a job that the running code must not request: the app is shutting down, or the code would wait for itself,
   * or call itself again and again. Undefined if there is no reason to refuse it.
   */
  refusal(job: ReloadJob): Promise<RejectedReload> | undefined {
    const { guard } = this.context;
    const error = this.#isClosed
      ? discarded(this.#hasEnded ? 'The app has shut down.' : 'The app is shutting down.')
      : (guard.selfWait(REQUESTS[job.cause] ?? 'A reload', 'reload') ?? guard.tooLong(job.chain));
    // Not at once: code that tries again and again must not starve the event loop.
    return error && nextTurn().then(() => this.#refused(job, error));
  }

  /** Runs a reload up to the commit, which is left to the caller. Never rejects: a failure is in the result. */
  prepare(job: ReloadJob): Promise<PreparedReload | UnchangedReload | RejectedReload> {
    const linked = this.#linked(job);
    const run = () =>
      this.#inside(new Transaction(this.context, linked), linked, async (transaction) => {
        const outcome = await transaction.prepare();
        return 'outcome' in outcome ? outcome : this.#hold(outcome, transaction, linked);
      });
    return this.refusal(linked) ?? this.#queue.run(run);
  }

  /** `true` if no reload runs or waits for its turn. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Resolves when no reload runs or waits for its turn. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Discards what waits for its commit. Resolves when no reload runs; a source or a veto may hang, so after 5 s at most. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const discarded = [...this.#open].map((reload) => reload.discard());
    await waitAtMost(HANG_TIMEOUT, Promise.all([...discarded, this.idle()]));
    this.#hasEnded = true;
  }

  async #hold(
    ready: ReadyCommit,
    transaction: Transaction,
    job: ReloadJob,
  ): Promise<PreparedReload | RejectedReload> {
    const { commit, changes, warnings } = ready;
    const discard = async () => {
      this.#open.delete(reload);
      await transaction.discard(ready);
    };
    const reload: PreparedReload = new PreparedReload({
      candidate: commit.snapshot,
      changes,
      warnings,
      discard,
      commit: () =>
        this.#queue.run(() =>
          this.#inside(transaction, job, async () => {
            if (reload.isDiscarded)
              return this.#refused(job, discarded('The prepared reload was discarded.'));
            this.#open.delete(reload);
            return this.#commit(ready, transaction, job);
          }),
        ),
    });
    this.context.versions.hold(commit.snapshot.version);
    this.#open.add(reload);
    if (!this.#isClosed) return reload;
    await reload.discard();
    return this.#refused(job, discarded('The app is shutting down.'));
  }

  async #commit(ready: ReadyCommit, transaction: Transaction, job: ReloadJob): Promise<ReloadResult> {
    const { inForce } = this.context.store;
    if (ready.base === inForce && ready.prepared.isCurrent()) return transaction.commit(ready);
    await transaction.discard(ready);
    const outdated = [...(job.input?.kind === 'layers' ? job.input.layers.keys() : [])].filter(
      (source) => !isSameState(source, ready.base.layers.get(source), inForce.layers.get(source)),
    );
    if (outdated.length === 0) return this.#run(job);
    const names = summarizeNames(outdated.map(({ name }) => name));
    return this.#refused(
      job,
      discarded(`Other content of ${names} has come into force since the reload was prepared.`),
    );
  }

  /** Adds the chain of reloads that has led to a job, if the running code was called for a reload. */
  #linked(job: ReloadJob): ReloadJob {
    const chain = chainAfter(this.context.calls.current);
    return chain === undefined ? job : { ...job, chain };
  }

  #run(job: ReloadJob): Promise<ReloadResult> {
    return this.#inside(new Transaction(this.context, job), job, (transaction) => transaction.run());
  }

  /** Runs a reload, so that all code it calls carries its chain, and is measured for its result. */
  #inside<R>(
    transaction: Transaction,
    { chain }: ReloadJob,
    run: (transaction: Transaction) => Promise<R>,
  ): Promise<R> {
    const call = new AppCall(undefined, [], chain, transaction.calls);
    return this.context.calls.runIn(call, () => run(transaction));
  }

  /** The result of a reload that does not run, or cannot be committed any more. No observer learns about it. */
  #refused(job: ReloadJob, error: HotConfigError): RejectedReload {
    const results = new ResultBuilder(
      requestOf(job, this.context.secrets),
      new StageClock(),
      this.context.secrets,
    );
    return results.rejected(error, this.context.store.inForce.snapshot);
  }
}

function discarded(summary: string): HotConfigError {
  return new HotConfigError(summary, 'CONFIG_DISCARDED', 'commit');
}
