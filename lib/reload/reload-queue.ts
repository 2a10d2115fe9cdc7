import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { shorterChain } from '../model/reload-chain.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { isFresh, type ReloadJob } from './reload-job.js';

/** Work that waits for its turn. */
interface Waiting {
  /** Undefined for a task: it is never merged with others. */
  job?: ReloadJob;
  readonly result: Promise<unknown>;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs reloads one after the other (invariant 7). All requests that arrive during a reload, or in one turn of the event
 * loop, become one follow-up with one result. A job with an input is never merged with others. Between two of them the
 * event loop has a turn: code that requests a reload after each reload starves nobody (invariant 5).
 */
export class ReloadQueue {
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** The turn of the event loop after the last reload; undefined when it is over. */
  #turn: Promise<void> | undefined;
  /** Runs a function outside of the request that triggered it: a reload must not run in the context of a request. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(private readonly transact: (job: ReloadJob) => Promise<ReloadResult>) {}

  /** Adds a reload that starts after this call. */
  add(job: ReloadJob): Promise<ReloadResult> {
    const last = this.#waiting.at(-1);
    if (last?.job !== undefined && last.job.input === undefined && job.input === undefined) {
      last.job = merged(last.job, job);
      return last.result as Promise<ReloadResult>;
    }
    const waiting: Waiting = this.#wait(() => this.transact(waiting.job!)); // set below
    waiting.job = job;
    return waiting.result as Promise<ReloadResult>;
  }

  /** Adds a task that runs while no reload runs. */
  run<R>(task: () => Promise<R>): Promise<R> {
    return this.#wait(task).result as Promise<R>;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #wait(work: () => Promise<unknown>): Waiting {
    let settle!: (result: Promise<unknown>) => void;
    const result = new Promise<unknown>((resolve) => (settle = resolve));
    const run = () => {
      const outcome = work();
      settle(outcome);
      return outcome.catch(() => undefined);
    };
    const waiting = { result, run };
    this.#waiting.push(waiting);
    this.#running ??= this.#detached(() => this.#drain());
    return waiting;
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#turn;
      await this.#waiting.shift()!.run(); // checked above
      this.#turn = this.#nextTurn();
    }
    this.#running = undefined;
  }

  async #nextTurn(): Promise<void> {
    await nextTurn();
    this.#turn = undefined;
  }
}

/**
 * Keeps the cause, reason and actor of the more important job: a manual one before a file event before a remote source
 * before an audit.
 */
function merged(first: ReloadJob, second: ReloadJob): ReloadJob {
  const [weaker, stronger] = rank(first) > rank(second) ? [second, first] : [first, second];
  const { audit: _audit, isInternal: _isInternal, chain: _chain, ...both } = { ...weaker, ...stronger };
  const chain = shorterChain(first.chain, second.chain);
  const job: ReloadJob = {
    ...both,
    ...((first.force || second.force) && { force: true }),
    ...(chain && { chain }),
    ...(!isFresh(first) && !isFresh(second) && stronger.isInternal && { isInternal: true }),
  };
  return stronger.audit === undefined ? job : { ...job, audit: stronger.audit };
}

function rank(job: ReloadJob): number {
  if (job.audit !== undefined) return 0;
  if (job.cause === 'remote') return 1;
  return job.cause === 'file' ? 2 : 3;
}
