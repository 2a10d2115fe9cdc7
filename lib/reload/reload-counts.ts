import type { ReloadResult } from './reload-result.interface.js';

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

/** Counts reloads by their outcome. */
export class ReloadCounter {
  readonly #counts = { applied: 0, unchanged: 0, rejected: 0 };

  get counts(): ReloadCounts {
    return { ...this.#counts };
  }

  count({ outcome }: ReloadResult): void {
    this.#counts[outcome] += 1;
  }
}
