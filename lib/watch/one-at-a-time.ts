/**
 * Runs a task for several askers: never twice at once, and each asker gets the result of a run that began after it
 * asked. Those who ask during a run share the next.
 */
export class OneAtATime<T> {
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(readonly task: () => Promise<T>) {}

  run(): Promise<T> {
    if (!this.#running) return (this.#running = this.#start());
    return (this.#next ??= this.#after(this.#running));
  }

  async #start(): Promise<T> {
    try {
      return await this.task();
    } finally {
      this.#running = this.#next;
      this.#next = undefined;
    }
  }

  async #after(running: Promise<T>): Promise<T> {
    await running.catch(() => undefined);
    return this.#start();
  }
}
