import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { WriteActivity } from '../watch/write-activity.interface.js';
import { collect, type CollectContext, type SourceLayers } from './collect.js';

/** How often files that change are asked whether they still do, in ms. */
const ASK_EVERY = 5;

/** What tells whether files are at rest. */
export interface WriteGuard {
  activity(): WriteActivity;
  /** How long it is waited for, in ms; after that, files are read as they are. */
  readonly maxWait: number;
}

/**
 * Collects when no file is in the middle of a change, and again where one began to change meanwhile. What sets a reload
 * off says that its own file is whole; all the others are read along with it, whatever is happening to them (invariant
 * 1), and so are those that somebody asks for by hand or that another source tells of.
 */
export async function collectWhenQuiet(context: CollectContext, calm: WriteGuard): Promise<SourceLayers> {
  const deadline = performance.now() + calm.maxWait;
  for (;;) {
    while (calm.activity().inProgress && performance.now() < deadline) await delay(ASK_EVERY);
    const { started: begun } = calm.activity();
    const [collected] = await Promise.allSettled([collect(context)]);
    // What happened to a file before it was read is told in this turn of the event loop at the latest.
    await nextTurn();
    if (calm.activity().started !== begun && performance.now() < deadline) continue;
    if (collected.status === 'rejected') throw collected.reason;
    return collected.value;
  }
}
