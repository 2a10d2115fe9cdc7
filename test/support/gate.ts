/** Work that waits here runs on when the test opens the gate. */
export class Gate {
  /** Number of times that some work has arrived. */
  arrivals = 0;
  isOpen = false;
  open!: () => void;
  private readonly opened = new Promise<void>((resolve) => {
    this.open = () => {
      this.isOpen = true;
      resolve();
    };
  });

  async wait(): Promise<void> {
    this.arrivals += 1;
    await this.opened;
  }
}
