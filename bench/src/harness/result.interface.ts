/** What one contestant of a group came out with. */
export interface Row {
  /** What is compared: `get, inside a pin`. */
  readonly group: string;
  readonly contestant: string;
  readonly unit: string;
  readonly median: number;
  readonly p99: number;
  readonly samples: number;
}

/** What a bench promises, and what was measured. */
export interface Target {
  readonly text: string;
  readonly measured: number;
  /** At most this, or at least. */
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
  /** Where the target is out of reach: what stands in the way, with its figure. */
  readonly floor?: string;
}

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  /** What was done, for a reader who wants to judge it. */
  readonly method: string;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
}

/** One benchmark. `quick` is for trying it out: fewer samples, the same checks. */
export interface Bench {
  readonly name: string;
  run(quick: boolean): Promise<BenchResult>;
}

export function isMet({ measured, atMost, atLeast }: Target): boolean {
  return (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
}
