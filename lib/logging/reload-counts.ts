import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';

/**
 * How many reloads ended how, since the app started. The boot counts.
 *
 * @publicApi
 */
export interface ReloadCounts {
  readonly applied: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/**
 * How the last reload ended.
 *
 * @publicApi
 */
export interface LastReload {
  readonly outcome: ReloadResult['outcome'];
  readonly cause: ReloadCause;
  /** When it ended. */
  readonly time: Date;
  /** How long it took, in ms. */
  readonly durationMs: number;
}

/** How many reloads of one kind there were. */
export interface ReloadCount {
  readonly outcome: ReloadResult['outcome'];
  readonly cause: ReloadCause;
  /** Where it failed. */
  readonly stage?: ReloadStage;
  readonly count: number;
}

/** Counts reloads by their outcome, cause and failing stage, and remembers the last one. */
export class ReloadCounter {
  readonly #counts = { applied: 0, unchanged: 0, rejected: 0 };
  readonly #tallies = new Map<string, ReloadCount>();
  #last: LastReload | undefined;
  #lastSuccess: Date | undefined;

  get counts(): ReloadCounts {
    return { ...this.#counts };
  }

  get tallies(): readonly ReloadCount[] {
    return [...this.#tallies.values()];
  }

  /** Undefined before the boot has ended. */
  get last(): LastReload | undefined {
    return this.#last;
  }

  /** When a reload last ended well. */
  get lastSuccess(): Date | undefined {
    return this.#lastSuccess;
  }

  count(result: ReloadResult): void {
    const { outcome, cause, durationMs } = result;
    const stage = outcome === 'rejected' ? result.stage : undefined;
    const key = `${outcome} ${cause} ${stage}`;
    const count = (this.#tallies.get(key)?.count ?? 0) + 1;
    this.#tallies.set(key, { outcome, cause, ...(stage && { stage }), count });
    this.#counts[outcome] += 1;
    this.#last = { outcome, cause, time: new Date(), durationMs };
    if (outcome !== 'rejected') this.#lastSuccess = this.#last.time;
  }
}
