import type { ReloadJob } from './reload-job.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

interface Pending {
  order: ReloadJob;
  readonly result: Promise<ReloadResult>;
  readonly settle: (result: Promise<ReloadResult>) => void;
}

/**
 * Reloads are serial (invariant 7). What is asked for while one runs becomes one follow-up, shared by all who asked;
 * what is asked for in one turn of the event loop, too. An order with an input of its own is shared with nobody.
 */
export class ReloadQueue {
  readonly #pending: Pending[] = [];
  #running: Promise<void> | undefined;

  constructor(private readonly transact: (order: ReloadJob) => Promise<ReloadResult>) {}

  /** Asks for a reload that begins from now on. */
  ask(order: ReloadJob): Promise<ReloadResult> {
    const last = this.#pending.at(-1);
    const shared = last !== undefined && last.order.input === undefined && order.input === undefined;
    if (shared) last.order = joined(last.order, order);
    const pending = shared ? last : pend(order);
    if (!shared) this.#pending.push(pending);
    this.#running ??= this.#drain();
    return pending.result;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const result = this.transact(next.order);
      next.settle(result);
      await result.catch(() => undefined);
    }
    this.#running = undefined;
  }
}

function pend(order: ReloadJob): Pending {
  let settle!: Pending['settle'];
  const result = new Promise<ReloadResult>((resolve) => (settle = resolve));
  return { order, result, settle };
}

/** A person who asks says more than a file event does; an audit says least. */
function joined(first: ReloadJob, second: ReloadJob): ReloadJob {
  const [weaker, stronger] = rank(first) > rank(second) ? [second, first] : [first, second];
  const { audit: _audit, ...asked } = { ...weaker, ...stronger };
  const order = first.force || second.force ? { ...asked, force: true } : asked;
  return stronger.audit === undefined ? order : { ...order, audit: stronger.audit };
}

function rank(order: ReloadJob): number {
  if (order.audit !== undefined) return 0;
  return order.cause === 'file' || order.cause === 'remote' ? 1 : 2;
}
