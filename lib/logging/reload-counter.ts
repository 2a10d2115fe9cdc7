import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';

/**
 * Number of reloads by outcome since the app started, the boot included.
 *
 * @publicApi
 */
export interface ReloadCounts {
  readonly applied: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/**
 * The last reload.
 *
 * @publicApi
 */
export interface LastReload {
  readonly outcome: ReloadResult['outcome'];
  readonly cause: ReloadCause;
  /** Time of its end. */
  readonly time: Date;
  /** In ms. */
  readonly durationMs: number;
}

/** Number of reloads with one outcome, cause and failed stage. */
export interface ReloadCount {
  readonly outcome: ReloadResult['outcome'];
  readonly cause: ReloadCause;
  /** The stage that failed. */
  readonly stage?: ReloadStage;
  readonly count: number;
}

/** Counts reloads by their outcome, cause and failing stage, and remembers the last one. */
export class ReloadCounter {
  readonly #counts = { applied: 0, unchanged: 0, rejected: 0 };
  readonly #byCause = new Map<string, ReloadCount>();
  #last: LastReload | undefined;
  #lastSuccess: Date | undefined;

  get counts(): ReloadCounts {
    return { ...this.#counts };
  }

  get countsByCause(): readonly ReloadCount[] {
    return [...this.#byCause.values()];
  }

  /** Undefined before the boot has ended. */
  get last(): LastReload | undefined {
    return this.#last;
  }

  /** Time of the last reload that was not rejected. */
  get lastSuccess(): Date | undefined {
    return this.#lastSuccess;
  }

  count(result: ReloadResult): void {
    const { outcome, cause, durationMs } = result;
    const stage = outcome === 'rejected' ? result.stage : undefined;
    const key = `${outcome} ${cause} ${stage}`;
    const count = (this.#byCause.get(key)?.count ?? 0) + 1;
    this.#byCause.set(key, { outcome, cause, ...(stage && { stage }), count });
    this.#counts[outcome] += 1;
    this.#last = { outcome, cause, time: new Date(), durationMs };
    if (outcome !== 'rejected') this.#lastSuccess = this.#last.time;
  }
}
