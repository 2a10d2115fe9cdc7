import { AppCall, type AppCalls, type Waiter } from '../model/app-call.js';
import { isThenable } from '../util/is-thenable.js';
import type { Measure } from '../model/call-durations.js';
import type { Pins } from './pins.js';

/** Keeps the call of the app's code in the async context of pins: a storage of its own would slow down every promise. */
export class Calls implements AppCalls {
  constructor(private readonly pins: Pins) {}

  get current(): AppCall | undefined {
    return this.pins.call;
  }

  run<R>(label: string, waiters: readonly Waiter[], fn: () => R): R {
    const call = new AppCall(label, waiters, this.current?.chain, this.current?.durations);
    let isPending = false;
    try {
      const result = this.runIn(call, fn);
      isPending = isThenable(result);
      if (isPending)
        void Promise.resolve(result).then(
          () => call.end(),
          () => call.end(),
        );
      return result;
    } finally {
      if (!isPending) call.end();
    }
  }

  readonly measure: Measure = (name, fn) => {
    const durations = this.current?.durations;
    return durations === undefined ? fn() : durations.measure(name, fn);
  };

  runIn<R>(call: AppCall | undefined, fn: () => R): R {
    return this.pins.leave(fn, call);
  }
}
