import type { ReloadChain } from './reload-chain.js';
import type { CallDurations, Measure } from './call-durations.js';

/** What may wait for a call of the app's code. */
export type Waiter = 'reload' | 'plan' | 'settled';

/**
 * A call of the app's code by this library: of a handler, a hook, a veto, a validator, a factory, a load. The async context
 * of that code carries it, so that what the code requests is known to come from it.
 */
export class AppCall {
  #hasEnded = false;

  constructor(
    /** Names the called code: `LlmService.onLlmChange`. Undefined for the code of this library that runs a reload. */
    readonly label: string | undefined,
    /** What waits for the call until it ends. */
    private readonly waiters: readonly Waiter[],
    /** The chain of the reload that has led to the call; undefined if nothing that the library has called requested it. */
    readonly chain: ReloadChain | undefined,
    /** The durations of the calls in the reload that runs; undefined if none runs. */
    readonly durations?: CallDurations,
  ) {}

  /** Checks whether a request that waits for `waiter` would wait for itself in this call. */
  isAwaitedBy(waiter: Waiter): boolean {
    return !this.#hasEnded && this.waiters.includes(waiter);
  }

  /** Nothing waits for the called code any more; it may still run, as after a timeout. */
  end(): void {
    this.#hasEnded = true;
  }
}

/** Calls code of the app, and knows which call the running code belongs to. */
export interface AppCalls {
  /** The call that the running code belongs to, or that has left it behind. */
  readonly current: AppCall | undefined;
  /** Calls code of the app, as a part of the reload that runs. The call ends when the result has settled. */
  run<R>(label: string, waiters: readonly Waiter[], fn: () => R): R;
  /** Measures a call of the app's code for the result of the reload that runs. */
  measure: Measure;
  /** Runs `fn` as a part of `call`. */
  runIn<R>(call: AppCall | undefined, fn: () => R): R;
}
