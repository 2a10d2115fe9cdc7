import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time after which work gives the event loop a turn, in ms. */
const LENGTH = 4;

/** When the first work of this turn of the event loop began; undefined if there was none. */
let begun: number | undefined;

/** Resolves in the next turn. */
let turn: Promise<void> | undefined;

/**
 * The time for which work in many steps may hold the event loop before other code has a turn. It is one for all such work of
 * the process: forty sources with 4 ms each would hold the event loop for 160 ms.
 */
export class TimeSlice {
  /** `true` once the work should await `next()`. Asked after each step: work that is short never waits. */
  get isOver(): boolean {
    if (begun === undefined) begin();
    return performance.now() - begun! >= LENGTH;
  }

  /** Resolves after other code had its turn: the next slice begins, one for all that work at the same time. */
  next(): Promise<void> {
    return (turn ??= nextTurn().then(() => {
      turn = undefined;
      begin();
    }));
  }
}

function begin(): void {
  begun = performance.now();
  setImmediate(() => (begun = undefined));
}
