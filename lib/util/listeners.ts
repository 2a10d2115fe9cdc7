/** A set of items. Iterates over a copy, so that items may be added and removed meanwhile. */
export class Registry<Item> {
  readonly #items = new Set<Item>();

  /** Adds an item, and returns a function that removes it. */
  add(item: Item): () => void {
    this.#items.add(item);
    return () => this.#items.delete(item);
  }

  [Symbol.iterator](): ArrayIterator<Item> {
    return [...this.#items].values();
  }
}

/** Functions that are called with each event. One that throws does not keep the event from the others. */
export class Listeners<Event> extends Registry<(event: Event) => unknown> {
  /** @param onError called with the error of a listener that threw */
  constructor(private readonly onError: (error: unknown) => void) {
    super();
  }

  emit(event: Event): void {
    for (const listener of this) {
      try {
        listener(event);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}
