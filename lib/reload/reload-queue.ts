import type { ReloadJob } from './reload-job.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

interface Pending {
  job: ReloadJob;
  readonly result: Promise<ReloadResult>;
  readonly settle: (result: Promise<ReloadResult>) => void;
}

/**
 * Runs reloads one after the other (invariant 7). All requests that arrive during a reload, or in one turn of the event
 * loop, become one follow-up with one result. A job with an input is never merged with others.
 */
export class ReloadQueue {
  readonly #pending: Pending[] = [];
  #running: Promise<void> | undefined;

  constructor(private readonly transact: (job: ReloadJob) => Promise<ReloadResult>) {}

  /** Adds a reload that starts after this call. */
  add(job: ReloadJob): Promise<ReloadResult> {
    const last = this.#pending.at(-1);
    const isMerged = last !== undefined && last.job.input === undefined && job.input === undefined;
    if (isMerged) last.job = merged(last.job, job);
    const pending = isMerged ? last : pend(job);
    if (!isMerged) this.#pending.push(pending);
    this.#running ??= this.#drain();
    return pending.result;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when no reload runs or waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const result = this.transact(next.job);
      next.settle(result);
      await result.catch(() => undefined);
    }
    this.#running = undefined;
  }
}

function pend(job: ReloadJob): Pending {
  let settle!: Pending['settle'];
  const result = new Promise<ReloadResult>((resolve) => (settle = resolve));
  return { job, result, settle };
}

/** Keeps the cause, reason and actor of the more important job: a manual one before a file event before an audit. */
function merged(first: ReloadJob, second: ReloadJob): ReloadJob {
  const [weaker, stronger] = rank(first) > rank(second) ? [second, first] : [first, second];
  const { audit: _audit, ...both } = { ...weaker, ...stronger };
  const job = first.force || second.force ? { ...both, force: true } : both;
  return stronger.audit === undefined ? job : { ...job, audit: stronger.audit };
}

function rank(job: ReloadJob): number {
  if (job.audit !== undefined) return 0;
  return job.cause === 'file' || job.cause === 'remote' ? 1 : 2;
}
