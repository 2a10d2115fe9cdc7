/** Does something over and over. Keeps no process alive. */
export class Poll {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** From one time to the next, in ms. 0 means never. */
    readonly interval: number,
    readonly task: () => void,
  ) {}

  start(): void {
    if (this.#timer !== undefined || this.interval === 0) return;
    this.#timer = setInterval(this.task, this.interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
