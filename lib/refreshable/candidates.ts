/**
 * The candidates that work may be pinned to: those that are open, and those that were discarded but are still pinned.
 * Each is based on the version that was in force when its preparation started: its work uses the components of that
 * version, except for those that were built for the candidate itself.
 */
export class Candidates {
  /** `true` if there is no candidate. A field, because it is read whenever a component is used. */
  isEmpty = true;
  /** The base of each candidate, by the version of the candidate. */
  readonly #bases = new Map<number, number>();
  readonly #discarded = new Set<number>();

  /** @throws Error if there is a candidate with this version: its work would see the components of both */
  open(version: number, base: number): void {
    if (this.#bases.has(version)) throw new Error(`There is already a candidate with version ${version}`);
    this.#bases.set(version, base);
    this.isEmpty = false;
  }

  /** Returns the version that a candidate is based on; undefined if `version` is none of a candidate. */
  baseOf(version: number): number | undefined {
    return this.#bases.get(version);
  }

  /** The versions of all candidates. */
  get versions(): readonly number[] {
    return [...this.#bases.keys()];
  }

  /** Checks whether a candidate is based on a version from `from` up to, not including, `until`. */
  areBasedOn(from: number, until: number): boolean {
    for (const base of this.#bases.values()) if (base >= from && base < until) return true;
    return false;
  }

  /** Marks a candidate as discarded: it is kept until `removeUnused` finds that it is not pinned. */
  discard(version: number): void {
    this.#discarded.add(version);
  }

  remove(version: number): void {
    this.#bases.delete(version);
    this.#discarded.delete(version);
    this.isEmpty = this.#bases.size === 0;
  }

  /** Removes the discarded candidates that are not pinned. */
  removeUnused(isPinned: (version: number) => boolean): void {
    for (const version of this.#discarded) if (!isPinned(version)) this.remove(version);
  }
}
