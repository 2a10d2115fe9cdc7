import type { SecretRule } from './secret-precedence.js';

/** A set of paths, which selects the values at them. The cost of a look-up does not follow their number. */
export class PathSet implements SecretRule {
  #selects = false;
  #revision = 0;
  #count = 0;
  readonly #below = new Map<string, PathSet>();

  constructor(private readonly place = '') {}

  get selects(): boolean {
    return this.#selects;
  }

  /** The number of paths. */
  get count(): number {
    return this.#count;
  }

  /** Another one after each path that is added here or below. */
  get id(): string {
    return `${this.place}#${this.#revision}`;
  }

  below(key: string): PathSet | undefined {
    return this.#below.get(key);
  }

  /** Returns whether a path of the set leads to the value at `path`, to one around it or to one below it. */
  touches(path: readonly string[]): boolean {
    const [key, ...rest] = path;
    if (this.#selects || key === undefined) return this.#count > 0;
    return this.below(key)?.touches(rest) ?? false;
  }

  /** Adds a path; returns false if it was one of them. */
  add(path: readonly string[]): boolean {
    const [key, ...rest] = path;
    const isAdded = key === undefined ? !this.#selects : this.#at(key).add(rest);
    if (key === undefined) this.#selects = true;
    if (isAdded) {
      this.#revision += 1;
      this.#count += 1;
    }
    return isAdded;
  }

  #at(key: string): PathSet {
    const known = this.#below.get(key);
    if (known !== undefined) return known;
    const added = new PathSet(`${this.place}${JSON.stringify(key)}`);
    this.#below.set(key, added);
    return added;
  }
}
