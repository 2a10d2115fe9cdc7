import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work between two turns of the event loop, in ms. A turn is not free, and most reloads take less time than this. */
const MAX_WORK = 2;

/** Gives the event loop a turn between the steps of long work, so that requests do not wait for all of them. */
export class LoopTurns {
  #since = performance.now();

  /** Resolves at once if little work was done since the last turn. */
  async give(): Promise<void> {
    if (performance.now() - this.#since < MAX_WORK) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
