import { nextLook, pauseAfter } from '../connection/pauses.js';
import { withTimeout } from '../util/timeouts.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';

/** Random delay after a server has come back or was lost, in ms: all sources and all processes notice it at once. */
const SPREAD = 1_000;

/** Least time between two requests that the server may hold back, in ms: one that does not would be asked without a pause. */
const SHORTEST_WAIT = 1_000;

export interface ProbeLoopParts {
  /** Longest time between two probes, in ms. */
  readonly interval: number;
  /** Longest time of one probe, in ms. It ends earlier by itself, unless something hangs that should not. */
  readonly timeout: number;
  /** `true` if the server holds its answer back until the content changes: it is asked again at once. */
  readonly canWait: boolean;
  /** Asks the server once. Resolves to `true` if its content is new. */
  probe(signal: AbortSignal): Promise<boolean>;
  /** Called after a probe, with its error if it has failed. */
  ended(error?: unknown): void;
  /** Returns the time to the next probe that the server needs, in ms; undefined if it has said nothing. */
  nextAfter(): number | undefined;
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
    this.#wait(parts.canWait ? 0 : Math.random() * parts.interval);
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
    this.#isAsking = true;
    this.#isDue = false;
    const started = performance.now();
    try {
      const isNew = await this.#probe(signal);
      if (signal.aborted) return;
      this.#isAsking = false;
      this.#failures = 0;
      this.parts.ended();
      this.#wait(this.#pause(isNew, performance.now() - started));
    } catch (error) {
      if (signal.aborted) return;
      this.#isAsking = false;
      this.#failures += 1;
      this.parts.ended(error);
      this.#wait(this.parts.nextAfter() ?? pauseAfter(this.#failures, this.parts.interval));
    }
  }

  /** Ends a probe that does not end by itself, or the source would never be asked again. */
  async #probe(closed: AbortSignal): Promise<boolean> {
    const { timeout } = this.parts;
    const options = { signal: closed, keepsAlive: false, problem: 'has not answered' };
    return withTimeout(timeout, (signal) => this.parts.probe(signal), options);
  }

  /** Returns the time to the next probe after one that has succeeded, in ms. */
  #pause(isNew: boolean, duration: number): number {
    const { interval, canWait } = this.parts;
    if (this.#isDue) return 0;
    const needed = this.parts.nextAfter();
    if (needed !== undefined) return needed;
    const shortest = Math.min(SHORTEST_WAIT, interval);
    if (canWait && isNew) return shortest;
    return canWait && duration >= shortest ? 0 : nextLook(interval);
  }
}
