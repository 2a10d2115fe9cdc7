import { ConfigOptionsError } from '../errors/config.errors.js';
import { Registry } from '../util/listeners.js';

/** Called with an item when it is added. Returns what to do when it is removed. Must not throw. */
type Follow<Name, Item> = (name: Name, item: Item) => () => void;

interface Follower<Name, Item> {
  readonly follow: Follow<Name, Item>;
  /** Functions to call when an item is removed, by its name. */
  readonly ends: Map<Name, () => void>;
}

/** Items that parts of an app add under a name. */
export class NamedRegistry<Item, Name extends string = string> {
  readonly #entries = new Map<Name, readonly [name: Name, item: Item]>();
  readonly #followers = new Registry<Follower<Name, Item>>();

  /**
   * @param what names an item in errors, for example `control method`
   * @param findMistake returns why an item cannot be added, and undefined if it can
   */
  constructor(
    private readonly what: string,
    private readonly findMistake: (name: string, item: Item) => string | undefined = () => undefined,
  ) {}

  /**
   * Adds an item, and returns a function that removes it.
   *
   * @throws ConfigOptionsError if the name is taken, or the item cannot be used
   */
  add(name: Name, item: Item): () => void {
    const mistake = this.#entries.has(name) ? 'the name is taken' : this.findMistake(name, item);
    if (mistake !== undefined)
      throw new ConfigOptionsError(`The ${this.what} '${name}' cannot be added: ${mistake}`);
    const entry = [name, item] as const;
    this.#entries.set(name, entry);
    for (const { follow, ends } of this.#followers) ends.set(name, follow(name, item));
    return () => {
      // The name may belong to another item by now.
      if (this.#entries.get(name) === entry) this.#remove(name);
    };
  }

  get(name: Name): Item | undefined {
    return this.#entries.get(name)?.[1];
  }

  /**
   * Calls a function with each item, now and when it is added later. The function that it returns is called when the item
   * is removed, and for all items when `each` is ended by the function that `each` returns.
   */
  each(follow: Follow<Name, Item>): () => void {
    const follower = { follow, ends: new Map<Name, () => void>() };
    const unfollow = this.#followers.add(follower);
    const { ends } = follower;
    for (const [name, item] of this) ends.set(name, follow(name, item));
    return () => {
      unfollow();
      for (const end of ends.values()) end();
      ends.clear();
    };
  }

  /** Iterates over a copy in the order of adding, so that items may be added and removed meanwhile. */
  [Symbol.iterator](): ArrayIterator<readonly [name: Name, item: Item]> {
    return [...this.#entries.values()].values();
  }

  #remove(name: Name): void {
    this.#entries.delete(name);
    for (const { ends } of this.#followers) {
      ends.get(name)?.();
      ends.delete(name);
    }
  }
}
