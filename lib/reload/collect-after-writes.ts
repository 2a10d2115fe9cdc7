import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { WriteActivity } from '../watch/settle-tracker.js';
import { collect, type CollectContext, type SourceLayers } from './collect.js';

/** Interval between two looks at files that are being written, in ms. */
const CHECK_INTERVAL = 5;

/** Shows whether files are being written. */
export interface WriteGuard {
  activity(): WriteActivity;
  /** Maximum time to wait for writers, in ms; then files are read as they are. */
  readonly maxWait: number;
}

/**
 * Collects the layers while no file is being written, and once more if a write started meanwhile. A trigger guarantees
 * only that its own file is whole; a reload reads all other files too, and so do manual reloads (invariant 1).
 */
export async function collectAfterWrites(
  context: CollectContext,
  writeGuard: WriteGuard,
): Promise<SourceLayers> {
  const deadline = performance.now() + writeGuard.maxWait;
  for (;;) {
    while (writeGuard.activity().inProgress && performance.now() < deadline) await delay(CHECK_INTERVAL);
    const { started } = writeGuard.activity();
    const [collected] = await Promise.allSettled([collect(context)]);
    // Events of files that changed before they were read arrive in this turn of the event loop at the latest.
    await nextTurn();
    if (writeGuard.activity().started !== started && performance.now() < deadline) continue;
    if (collected.status === 'rejected') throw collected.reason;
    return collected.value;
  }
}
