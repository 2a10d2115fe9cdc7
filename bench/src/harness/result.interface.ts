/** The result of one contestant of a group. */
export interface Row {
  /** The operation that is compared: `get, inside a pin`. */
  readonly group: string;
  readonly contestant: string;
  readonly unit: string;
  readonly median: number;
  /** A quarter of the samples is below the first one, a quarter above the second one. Older results have none. */
  readonly quartiles?: readonly [number, number];
  readonly p99: number;
  readonly samples: number;
}

/** A target of a bench, and the measured value. */
export interface Target {
  readonly text: string;
  readonly measured: number;
  /** The quartiles, if the value is the median of samples. */
  readonly quartiles?: readonly [number, number];
  /** The target has one of `atMost` and `atLeast`. */
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
  /** If the target cannot be reached: the reason, with its figure. */
  readonly floor?: string;
}

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  /** Description of the measurement for readers who want to judge it. */
  readonly method: string;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
}

/** One benchmark. `quick` takes fewer samples, with the same checks. */
export interface Bench {
  readonly name: string;
  run(quick: boolean): Promise<BenchResult>;
}

export function isMet({ measured, atMost, atLeast }: Target): boolean {
  return (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
}
