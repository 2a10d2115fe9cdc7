import type { ReloadStage } from '../model/reload-stage.js';
import type { StageDuration } from '../model/reload-result.interface.js';

/** Takes the time of each stage of one reload, and remembers which one ran last. */
export class StageClock {
  readonly #started = performance.now();
  readonly #stages: StageDuration[] = [];
  #current: ReloadStage = 'collect';

  /** The stage that runs, or ran last: where a failure happened. */
  get current(): ReloadStage {
    return this.#current;
  }

  get stages(): readonly StageDuration[] {
    return this.#stages;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Runs one stage. */
  async run<R>(name: ReloadStage, stage: () => R | Promise<R>): Promise<R> {
    this.#current = name;
    const started = performance.now();
    try {
      return await stage();
    } finally {
      this.#stages.push({ name, ms: performance.now() - started });
    }
  }

  /** Runs one stage that must not be interrupted: nobody's code runs between it and what follows. */
  runAtOnce(name: ReloadStage, stage: () => void): void {
    this.#current = name;
    const started = performance.now();
    stage();
    this.#stages.push({ name, ms: performance.now() - started });
  }
}
