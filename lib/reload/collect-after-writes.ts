import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { WriteActivity } from '../watch/settle-tracker.js';
import { collect, type CollectContext, type SourceLayers } from './collect.js';
import type { AskedSources } from './load-outcome.js';

/** Interval between two looks at files that are being written, in ms. */
const CHECK_INTERVAL = 5;

/**
 * Collects the layers while no file is being written, and once more if a write started meanwhile. A trigger guarantees
 * only that its own file is whole; a reload reads all other files too, and so do manual reloads (invariant 1). It waits
 * for writers as long as all changes that it will read have patience; then files are read as they are.
 */
export async function collectAfterWrites(
  context: CollectContext,
  writes: WriteActivity,
): Promise<SourceLayers> {
  const patience = new Patience(writes);
  const asked: AskedSources = new Map();
  context.states.startReload();
  for (;;) {
    while (writes.inProgress && patience.isLeft()) await delay(CHECK_INTERVAL);
    const { started } = writes;
    const wasPatient = patience.isLeft();
    writes.startReading();
    const [collected] = await Promise.allSettled([collect(context, asked)]);
    // Events of files that changed before they were read arrive in this turn of the event loop at the latest.
    await nextTurn();
    if (writes.started !== started && wasPatient && patience.isLeft()) continue;
    if (collected.status === 'rejected') throw collected.reason;
    return collected.value;
  }
}

/** The time for which one reload may wait: the shortest patience of the changes that settle before it reads. */
class Patience {
  #end = Infinity;

  constructor(private readonly writes: WriteActivity) {}

  isLeft(): boolean {
    const now = performance.now();
    this.#end = Math.min(this.#end, now + this.writes.patience);
    return now < this.#end;
  }
}
