import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time after which work gives the event loop a turn, in ms. */
const LENGTH = 4;

/** The time for which work in many steps may hold the event loop before other code has a turn. */
export class TimeSlice {
  #start = performance.now();
  #turn: Promise<void> | undefined;

  /** `true` once the work should await `next()`. Asked after each step: work that is short never waits. */
  get isOver(): boolean {
    return performance.now() - this.#start >= LENGTH;
  }

  /** Resolves after other code had its turn: the next slice begins, one for all that work at the same time. */
  next(): Promise<void> {
    return (this.#turn ??= nextTurn().then(() => {
      this.#turn = undefined;
      this.#start = performance.now();
    }));
  }
}
