import { setImmediate as nextTurn } from 'node:timers/promises';
import { isBranch } from './branches.js';

/** Values of a configuration from which on the steps of a reload take ms together. Most have fewer. */
const LARGE = 500;

/**
 * Gives the event loop a turn between two steps of the work on a tree, if it is large. Its size decides, not the time that
 * the last step took: so the steps of an ordinary reload follow each other in each run, also under the fake clock of a test.
 */
export async function turnIfLarge(tree: unknown): Promise<void> {
  if (isLarge(tree)) await nextTurn();
}

function isLarge(tree: unknown): boolean {
  let count = 0;
  const pending = [tree];
  while (pending.length > 0) {
    const branch = pending.pop();
    if (!isBranch(branch)) continue;
    const members: readonly unknown[] = Array.isArray(branch) ? branch : Object.values(branch);
    count += members.length;
    if (count > LARGE) return true;
    for (const member of members) if (typeof member === 'object' && member !== null) pending.push(member);
  }
  return false;
}
