import { CallDurations } from '../model/call-durations.js';
import type { StageDuration } from '../model/reload-result.interface.js';
import type { ReloadStage } from '../model/reload-stage.js';

/** Measures each stage of one reload, and remembers which stage ran last. */
export class StageClock {
  readonly #started = performance.now();
  readonly #stages: StageDuration[] = [];
  /** The calls of the app's code in the stages. */
  readonly calls = new CallDurations();
  #current: ReloadStage = 'collect';
  #pausedAt: number | undefined;
  #paused = 0;

  /** The stage that runs, or ran last: if the reload fails, the stage that failed. */
  get current(): ReloadStage {
    return this.#current;
  }

  get stages(): readonly StageDuration[] {
    return this.#stages;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started - this.#paused;
  }

  /** Stops until `resume()`: a prepared reload may wait for its commit for minutes, and takes no time then. */
  pause(): void {
    this.#pausedAt = performance.now();
  }

  /** Does nothing if it was not paused. */
  resume(): void {
    if (this.#pausedAt !== undefined) this.#paused += performance.now() - this.#pausedAt;
    this.#pausedAt = undefined;
  }

  async run<R>(name: ReloadStage, stage: () => R | Promise<R>): Promise<R> {
    this.#current = name;
    const started = performance.now();
    try {
      return await stage();
    } finally {
      this.#stages.push({ name, ms: performance.now() - started });
    }
  }

  /** Runs a stage without a turn of the event loop: no other code runs before the next stage. */
  runSync(name: ReloadStage, stage: () => void): void {
    this.#current = name;
    const started = performance.now();
    stage();
    this.#stages.push({ name, ms: performance.now() - started });
  }
}
