import { nextLook, pauseAfter } from '../connection/pauses.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';

/** Random delay after a server has come back or was lost, in ms: all sources and all processes notice it at once. */
const SPREAD = 1_000;

/** Least time between two requests that the server may hold back, in ms: one that does not would be asked without a pause. */
const SHORTEST_WAIT = 1_000;

export interface ProbeLoopParts {
  /** Longest time between two probes, in ms. */
  readonly interval: number;
  /** `true` if the server holds its answer back until the content changes: it is asked again at once. */
  readonly canWait: boolean;
  /** Asks the server once. */
  probe(signal: AbortSignal): Promise<void>;
  /** Called after a probe, with its error if it has failed. */
  ended(error?: unknown): void;
}

/**
 * Asks a server again and again, one request at a time. A hint makes it ask at once; it never relies on one. After a failure
 * it asks again after growing random pauses, which are never longer than the interval.
 */
export class ProbeLoop implements WatchHandle {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  /** `true` if something has happened since the request in progress was sent. */
  #isDue = false;
  #failures = 0;

  constructor(private readonly parts: ProbeLoopParts) {
    this.#wait(Math.random() * parts.interval);
  }

  /** The content may have changed. */
  hinted(): void {
    if (this.#isAsking) this.#isDue = true;
    else this.#wait(0);
  }

  /** Hints were lost, or may be lost from now on: asks soon. */
  interrupted(): void {
    if (this.#isAsking) this.#isDue = true;
    else this.#wait(Math.random() * Math.min(SPREAD, this.parts.interval));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort(new Error('the watch was closed'));
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#controller.signal.aborted) return;
    // It must not keep a process alive that has nothing else to do.
    this.#timer = setTimeout(() => void this.#ask(), ms).unref();
  }

  async #ask(): Promise<void> {
    const { signal } = this.#controller;
    const { interval, canWait } = this.parts;
    this.#isAsking = true;
    this.#isDue = false;
    const started = performance.now();
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.parts.probe(signal);
    } catch (error) {
      failure = { error };
    }
    this.#isAsking = false;
    if (signal.aborted) return;
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    this.parts.ended(failure?.error);
    if (failure !== undefined) return this.#wait(pauseAfter(this.#failures, interval));
    if (this.#isDue) return this.#wait(0);
    const hasWaited = canWait && performance.now() - started >= Math.min(SHORTEST_WAIT, interval);
    this.#wait(hasWaited ? 0 : nextLook(interval));
  }
}
