import { clearImmediate, setImmediate } from 'node:timers';
import { isThenable } from '../util/is-thenable.js';
import type { CallDuration } from './reload-result.interface.js';

/** Calls a function of the app, and measures it until its result has settled. */
export type Measure = <R>(name: string, fn: () => R) => R;

/** Measures the calls of the app's code in one reload. */
export class CallDurations {
  readonly #byName = new Map<string, CallDuration>();
  /** What is known of the calls that have not ended: one that hangs is the one to name. */
  readonly #running = new Set<() => CallDuration>();
  /** Time from the starts of all calls until they returned, in ms. */
  #untilReturn = 0;

  /** One entry for each name. */
  get list(): CallDuration[] {
    const byName = new Map(this.#byName);
    for (const soFar of this.#running) add(byName, soFar());
    return [...byName.values()];
  }

  readonly measure: Measure = <R>(name: string, fn: () => R) => {
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    let turn: NodeJS.Immediate | undefined;
    try {
      const returned = fn();
      if (!isThenable(returned)) return returned;
      const firstPart = elapsed();
      this.#untilReturn += firstPart;
      const before = this.#untilReturn;
      // Asked once: a query that is no promise would run each time that something waits for it.
      const result: Promise<unknown> = Promise.resolve(returned);
      let heldMs: number | undefined;
      // A library may be asynchronous and never wait: promises alone do not give the event loop a turn.
      turn = setImmediate(() => (heldMs = firstPart));
      const soFar = () => {
        const ms = elapsed();
        // Calls that have started meanwhile held the event loop by themselves.
        return { name, ms, heldMs: heldMs ?? ms - (this.#untilReturn - before) };
      };
      const end = () => {
        clearImmediate(turn);
        this.#running.delete(soFar);
        add(this.#byName, soFar());
      };
      this.#running.add(soFar);
      void result.then(end, end);
      return result as R;
    } finally {
      const ms = elapsed();
      if (turn === undefined) {
        this.#untilReturn += ms;
        add(this.#byName, { name, ms, heldMs: ms });
      }
    }
  };
}

function add(durations: Map<string, CallDuration>, { name, ms, heldMs }: CallDuration): void {
  const before = durations.get(name);
  durations.set(name, { name, ms: ms + (before?.ms ?? 0), heldMs: Math.max(heldMs, before?.heldMs ?? 0) });
}

/** Only calls. */
export const unmeasured: Measure = (_name, fn) => fn();
