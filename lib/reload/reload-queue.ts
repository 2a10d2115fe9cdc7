import type { ReloadRequest, ReloadResult } from './reload-result.interface.js';

interface Pending {
  request: ReloadRequest;
  readonly result: Promise<ReloadResult>;
  readonly settle: (result: Promise<ReloadResult>) => void;
}

/**
 * Reloads are serial (invariant 7). What is asked for while one runs becomes one follow-up, shared by all who asked;
 * what is asked for in one turn of the event loop, too.
 */
export class ReloadQueue {
  #pending: Pending | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly transact: (request: ReloadRequest) => Promise<ReloadResult>) {}

  /** Asks for a reload that begins from now on. */
  ask(request: ReloadRequest): Promise<ReloadResult> {
    if (this.#pending === undefined) this.#pending = pend(request);
    else this.#pending.request = joined(this.#pending.request, request);
    const { result } = this.#pending;
    this.#running ??= this.#drain();
    return result;
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
    while (this.#pending !== undefined) {
      const { request, settle } = this.#pending;
      this.#pending = undefined;
      const result = this.transact(request);
      settle(result);
      await result.catch(() => undefined);
    }
    this.#running = undefined;
  }
}

function pend(request: ReloadRequest): Pending {
  let settle!: Pending['settle'];
  const result = new Promise<ReloadResult>((resolve) => (settle = resolve));
  return { request, result, settle };
}

/** A person who asks says more than a file event does; an audit says least. */
function joined(first: ReloadRequest, second: ReloadRequest): ReloadRequest {
  const [weaker, stronger] = rank(first) > rank(second) ? [second, first] : [first, second];
  const { audit: _audit, ...asked } = { ...weaker, ...stronger };
  return stronger.audit === undefined ? asked : { ...asked, audit: stronger.audit };
}

function rank(request: ReloadRequest): number {
  if (request.audit !== undefined) return 0;
  return request.cause === 'file' || request.cause === 'remote' ? 1 : 2;
}
