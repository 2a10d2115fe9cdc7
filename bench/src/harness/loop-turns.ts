/** Watches the turns of the event loop of this process. It takes all the CPU that is left, so it must not run where CPU is measured. */
export class LoopTurns {
  private last = performance.now();
  private longestMs = 0;

  constructor() {
    setImmediate(this.turn);
  }

  /** Forgets what came before. */
  reset(): void {
    this.last = performance.now();
    this.longestMs = 0;
  }

  /** The longest time between two turns since the reset, in ms. */
  get longest(): number {
    return Math.max(this.longestMs, performance.now() - this.last);
  }

  private readonly turn = (): void => {
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.last);
    this.last = now;
    setImmediate(this.turn);
  };
}
