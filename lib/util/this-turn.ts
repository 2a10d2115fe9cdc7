/**
 * A value that is shared by all code of one turn of the event loop, such as what the system has answered. No event is
 * delivered in between, so to all of them it is the same moment.
 */
export class ThisTurn<T> {
  #shared: { readonly value: T } | undefined;

  constructor(private readonly make: () => T) {}

  get value(): T {
    if (this.#shared === undefined) {
      this.#shared = { value: this.make() };
      // Runs before anything but the promise callbacks of this turn does.
      process.nextTick(() => (this.#shared = undefined));
    }
    return this.#shared.value;
  }
}
