import { canonicalString, type StringCache } from '../snapshot/canonical-string.js';

/**
 * Numbers values so that two have the same number if their contents are the same: comparing them costs the same for large
 * values. Each branch is read once, however often it is compared: the lists around a value are compared one after another.
 */
export class ContentNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #branches = new WeakMap<object, string>();
  /** In the string of a branch, the branches below it are their numbers. No other value is written in this way. */
  readonly #cache: StringCache = {
    recall: (branch) => this.#branches.get(branch),
    keep: (branch, text) => {
      const short = `#${this.#numberOf(text)}`;
      this.#branches.set(branch, short);
      return short;
    },
  };

  numberOf(value: unknown): number {
    return this.#numberOf(canonicalString(value, this.#cache));
  }

  areEqual(a: unknown, b: unknown): boolean {
    return Object.is(a, b) || canonicalString(a, this.#cache) === canonicalString(b, this.#cache);
  }

  #numberOf(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }
}
