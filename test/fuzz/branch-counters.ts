declare global {
  /** Created by scripts/fuzz/count-branches.mjs. Undefined if the code is not instrumented. */
  // oxlint-disable-next-line no-var
  var branchCounters: Uint32Array | undefined;
}

/** The branches that inputs have reached, and how often. */
export class BranchCounters {
  readonly #now = globalThis.branchCounters ?? new Uint32Array();
  /** Of each branch, the classes of counts that were seen: one bit for 1, 2, 3, up to 7, 15, 31, 127, and more. */
  readonly #seen = new Uint8Array(this.#now.length);

  /** Number of branches that were reached. */
  get reached(): number {
    return this.#seen.reduce((sum, classes) => sum + (classes === 0 ? 0 : 1), 0);
  }

  reset(): void {
    this.#now.fill(0);
  }

  /** Returns the number of branches that ran since the last reset. */
  get work(): number {
    return this.#now.reduce((sum, count) => sum + count, 0);
  }

  /** Returns the branches that ran since the last reset. */
  get branches(): ReadonlySet<number> {
    return new Set([...this.#now.keys()].filter((branch) => this.#now[branch] !== 0));
  }

  /** Returns whether a branch ran that has never run, or never as often; remembers it. */
  learn(): boolean {
    let isNew = false;
    for (let branch = 0; branch < this.#now.length; branch += 1) {
      const count = this.#now[branch]!; // within its length
      if (count === 0) continue;
      const mask = classOf(count);
      if ((this.#seen[branch]! & mask) !== 0) continue;
      this.#seen[branch]! |= mask;
      isNew = true;
    }
    return isNew;
  }
}

function classOf(count: number): number {
  if (count < 4) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}
