/** The variables that a function has read from `process.env`. Code that holds the real object is not observed. */
export class VariableReads {
  readonly #names = new Set<string>();
  #hasReadAll = false;

  add(name: string | symbol): void {
    if (typeof name === 'string') this.#names.add(name);
  }

  /** The function has listed the names of all variables, for example to copy them. */
  addAll(): void {
    this.#hasReadAll = true;
  }

  has(name: string): boolean {
    return this.#hasReadAll || this.#names.has(name);
  }

  /** Returns the names; of a function that has copied the whole environment, `all`. */
  names(all: readonly string[]): readonly string[] {
    return this.#hasReadAll ? all : [...this.#names];
  }
}
