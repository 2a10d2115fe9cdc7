/**
 * Runs a task for several callers, never twice at once. Each caller gets the result of a run that started after its
 * call; all calls during a run share the next run.
 */
export class CoalescedTask<T> {
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(
    /** Never rejects. */
    readonly task: () => Promise<T>,
  ) {}

  run(): Promise<T> {
    if (!this.#running) return (this.#running = this.#start());
    return (this.#next ??= this.#running.then(() => this.#start()));
  }

  async #start(): Promise<T> {
    const result = await this.task();
    this.#running = this.#next;
    this.#next = undefined;
    return result;
  }
}
