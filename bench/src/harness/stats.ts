import type { Row } from './result.interface.js';

/** Returns the value below which `share` of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Returns the values below which a quarter and three quarters of the samples lie. */
export function quartilesOf(samples: readonly number[]): [number, number] {
  return [quantile(samples, 0.25), quantile(samples, 0.75)];
}

export function row(group: string, contestant: string, unit: string, samples: readonly number[]): Row {
  return {
    group,
    contestant,
    unit,
    median: median(samples),
    quartiles: quartilesOf(samples),
    p99: quantile(samples, 0.99),
    samples: samples.length,
  };
}

/** Returns the median of a contestant of a group. */
export function medianOf(rows: readonly Row[], group: string, contestant: string): number {
  const found = rows.find((candidate) => candidate.group === group && candidate.contestant === contestant);
  if (found === undefined) throw new Error(`${contestant} was not measured in "${group}"`);
  return found.median;
}

/** Returns the ratio of each round: other load on the machine affects both contestants of a round. */
export function pairedRatios(samples: readonly number[], others: readonly number[]): number[] {
  return samples.map((sample, round) => sample / others[round]!);
}
