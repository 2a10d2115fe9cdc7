/** When to look again after a round, in multiples of the debounce. */
const TIMES = [1, 4];

/** Looks again after things are quiet: events get lost, and come late where the app stalls. */
export class Rechecks<T> {
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    readonly debounce: number,
    readonly lookAgain: (subject: T) => void,
  ) {}

  schedule(subjects: readonly T[]): void {
    for (const times of TIMES) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        subjects.forEach(this.lookAgain);
      }, this.debounce * times);
      timer.unref();
      this.#timers.add(timer);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
