import { isThenable } from '../util/is-thenable.js';
import type { CallDuration } from './reload-result.interface.js';

/** Calls a function of the app, and measures it until its result has settled. */
export type Measure = <R>(name: string, fn: () => R) => R;

/** Measures the calls of the app's code in one reload. */
export class CallDurations {
  readonly #byName = new Map<string, CallDuration>();

  /** One entry for each name. */
  get list(): CallDuration[] {
    return [...this.#byName.values()];
  }

  readonly measure: Measure = (name, fn) => {
    const started = performance.now();
    let heldMs: number | undefined;
    const end = () => {
      const ms = performance.now() - started;
      this.#add({ name, ms, heldMs: heldMs ?? ms });
    };
    let isPending = false;
    try {
      const result = fn();
      isPending = isThenable(result);
      heldMs = performance.now() - started;
      if (isPending) void Promise.resolve(result).then(end, end);
      return result;
    } finally {
      if (!isPending) end();
    }
  };

  #add({ name, ms, heldMs }: CallDuration): void {
    const before = this.#byName.get(name);
    this.#byName.set(name, {
      name,
      ms: ms + (before?.ms ?? 0),
      heldMs: Math.max(heldMs, before?.heldMs ?? 0),
    });
  }
}

/** Only calls. */
export const unmeasured: Measure = (_name, fn) => fn();
