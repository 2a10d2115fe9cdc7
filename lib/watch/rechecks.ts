/** Times after a change has settled at which its target is checked again, in multiples of the debounce. */
const RECHECK_AFTER: readonly number[] = [1, 4];

/** Checks targets again after they have settled: events get lost, and come late while the event loop is blocked. */
export class Rechecks<T> {
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    readonly debounce: number,
    /** @param isLast `false` if the target will be checked once more */
    readonly check: (target: T, isLast: boolean) => void,
  ) {}

  schedule(targets: readonly T[]): void {
    for (const factor of RECHECK_AFTER) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        for (const target of targets) this.check(target, factor === RECHECK_AFTER.at(-1));
      }, this.debounce * factor).unref();
      this.#timers.add(timer);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
