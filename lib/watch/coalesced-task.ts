/**
 * Runs a task for several askers: never twice at once, and each asker gets the result of a run that began after it
 * asked. Those who ask during a run share the next.
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
