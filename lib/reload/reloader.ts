import { AsyncLocalStorage } from 'node:async_hooks';
import { HotConfigError } from '../model/hot-config.error.js';
import type { Part } from '../model/part.interface.js';
import type { RejectedReload, ReloadResult, UnchangedReload } from '../model/reload-result.interface.js';
import { summarizeNames } from '../util/summarize-names.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { isSameState } from './is-same-state.js';
import { PreparedReload } from './prepared-reload.js';
import { requestOf, type ReloadJob } from './reload-job.js';
import { ReloadQueue } from './reload-queue.js';
import { ResultBuilder } from './result-builder.js';
import { StageClock } from './stage-clock.js';
import { Transaction, type ReadyCommit, type TransactionContext } from './transaction.js';

/** Runs reloads, one at a time. Those that wait for their commit hold up no others. */
export class Reloader implements Part {
  /** Marks code that runs as part of a reload. */
  readonly #current = new AsyncLocalStorage<{ isOver: boolean }>();
  readonly #queue = new ReloadQueue(async (job) =>
    this.#hasEnded
      ? this.#refused(job, 'The app has shut down.')
      : this.#inside(() => new Transaction(this.context, job).run()),
  );
  /** Those that were neither committed nor discarded. */
  readonly #open = new Set<PreparedReload>();
  #isClosed = false;
  /** `true` after the time that reloads get to end in when the app shuts down. */
  #hasEnded = false;

  constructor(private readonly context: TransactionContext) {}

  /** Requests a reload. Never rejects: a failure is in the result. */
  readonly reload = (job: ReloadJob): Promise<ReloadResult> => this.#queue.add(job);

  /** Runs a reload up to the commit, which is left to the caller. Never rejects: a failure is in the result. */
  prepare(job: ReloadJob): Promise<PreparedReload | UnchangedReload | RejectedReload> {
    return this.#queue.run(() =>
      this.#inside(async () => {
        const transaction = new Transaction(this.context, job);
        const outcome = await transaction.prepare();
        return 'outcome' in outcome ? outcome : this.#hold(outcome, transaction, job);
      }),
    );
  }

  /** `true` if the calling code is part of a reload: a hook, a veto, a validator, the factory of a component. */
  get isInsideReload(): boolean {
    return this.#current.getStore()?.isOver === false;
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
          this.#inside(async () => {
            if (reload.isDiscarded) return this.#refused(job, 'The prepared reload was discarded.');
            this.#open.delete(reload);
            return this.#commit(ready, transaction, job);
          }),
        ),
    });
    this.context.versions.hold(commit.snapshot.version);
    this.#open.add(reload);
    if (!this.#isClosed) return reload;
    await reload.discard();
    return this.#refused(job, 'The app is shutting down.');
  }

  async #commit(ready: ReadyCommit, transaction: Transaction, job: ReloadJob): Promise<ReloadResult> {
    const { inForce } = this.context.store;
    if (ready.base === inForce && ready.prepared.isCurrent()) return transaction.commit(ready);
    await transaction.discard(ready);
    const outdated = [...(job.input?.kind === 'layers' ? job.input.layers.keys() : [])].filter(
      (source) => !isSameState(source, ready.base.layers.get(source), inForce.layers.get(source)),
    );
    if (outdated.length === 0) return new Transaction(this.context, job).run();
    const names = summarizeNames(outdated.map(({ name }) => name));
    return this.#refused(job, `Other content of ${names} has come into force since the reload was prepared.`);
  }

  async #inside<R>(run: () => Promise<R>): Promise<R> {
    const reload = { isOver: false };
    try {
      return await this.#current.run(reload, run);
    } finally {
      reload.isOver = true;
      // Until the next reload: on Node 20, each storage in use slows down every promise of the app.
      this.#current.disable();
    }
  }

  /** The result of a prepared reload that cannot be committed any more. No observer learns about it. */
  #refused(job: ReloadJob, summary: string): RejectedReload {
    const results = new ResultBuilder(
      requestOf(job, this.context.secrets),
      new StageClock(),
      this.context.secrets,
    );
    return results.rejected(
      new HotConfigError(summary, 'CONFIG_DISCARDED', 'commit'),
      this.context.store.inForce.snapshot,
    );
  }
}
