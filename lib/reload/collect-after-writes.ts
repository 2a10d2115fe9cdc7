import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { WriteActivity } from '../watch/settle-tracker.js';
import { collect, type AskedSources, type CollectContext, type SourceLayers } from './collect.js';

/** Interval between two looks at files that are being written, in ms. */
const CHECK_INTERVAL = 5;

/** Lets a reload wait for files that are being written. */
export interface WriteGuard {
  readonly writes: WriteActivity;
  /** Maximum time to wait for writers, in ms; then files are read as they are. */
  readonly maxWait: number;
}

/**
 * Collects the layers while no file is being written, and once more if a write started meanwhile. A trigger guarantees
 * only that its own file is whole; a reload reads all other files too, and so do manual reloads (invariant 1).
 */
export async function collectAfterWrites(
  context: CollectContext,
  { writes, maxWait }: WriteGuard,
): Promise<SourceLayers> {
  const deadline = performance.now() + maxWait;
  const asked: AskedSources = new Map();
  context.states.startReload();
  for (;;) {
    while (writes.inProgress && performance.now() < deadline) await delay(CHECK_INTERVAL);
    const { started } = writes;
    const [collected] = await Promise.allSettled([collect(context, asked)]);
    // Events of files that changed before they were read arrive in this turn of the event loop at the latest.
    await nextTurn();
    if (writes.started !== started && performance.now() < deadline) continue;
    if (collected.status === 'rejected') throw collected.reason;
    return collected.value;
  }
}
