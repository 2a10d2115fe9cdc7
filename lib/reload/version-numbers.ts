/** Knows the number of the newest version that ever existed, or 0. */
interface Versions {
  readonly lastVersion: number;
}

/** Gives numbers to candidates. Several may be open at the same time, and no two have the same number. */
export class VersionNumbers {
  readonly #held = new Set<number>();

  /** @param isPinned returns whether work is pinned to a candidate */
  constructor(
    private readonly history: Versions,
    /** Undefined if versions are not stored on disk. */
    private readonly versionStore: Versions | undefined,
    private readonly isPinned: (version: number) => boolean,
  ) {}

  /** The number of the next candidate. Only a commit or `hold()` takes it: a rejected candidate leaves no gap. */
  next(): number {
    const last = Math.max(this.history.lastVersion, this.versionStore?.lastVersion ?? 0);
    for (const version of this.#held) if (version <= last) this.#held.delete(version);
    return Math.max(last, ...this.#held) + 1;
  }

  /** Keeps the number of a candidate that waits for its commit from other candidates. */
  hold(version: number): void {
    this.#held.add(version);
  }

  /** Gives the number of a discarded candidate back, unless work is pinned to it: that must not see another candidate. */
  release(version: number): void {
    if (this.isPinned(version)) this.#held.add(version);
    else this.#held.delete(version);
  }
}
