import { BENCH_NAMES } from '../bench-names.js';
import type { Machine } from '../harness/machine.js';
import type { BenchResult } from '../harness/result.interface.js';

/** A result, and the machine and time of its measurement: each bench can be run alone. */
export interface MeasuredResult extends BenchResult {
  readonly machine: Machine;
}

/** The results of one version of Node. */
export interface Run {
  /** That of the newest result. */
  readonly machine: Machine;
  readonly results: readonly MeasuredResult[];
}

/** Replaces known results by those of new runs, and keeps those of other benches and other versions of Node. */
export function merged(known: readonly Run[], runs: readonly Run[]): Run[] {
  const majors = [...new Set([...known, ...runs].map(({ machine }) => majorOf(machine)))];
  return majors
    .toSorted((a, b) => Number(a) - Number(b))
    .map((major) => {
      const isOfMajor = ({ machine }: Run) => majorOf(machine) === major;
      const [before, now] = [known.find(isOfMajor), runs.find(isOfMajor)];
      const results = new Map(
        [before, now].flatMap((run) => run?.results ?? []).map((result) => [result.name, result]),
      );
      // One of the two exists, as the major comes from it.
      const { machine } = (now ?? before)!;
      return { machine, results: BENCH_NAMES.flatMap((name) => results.get(name) ?? []) };
    });
}

/** Returns the major version of Node, for example `24`. */
export function majorOf({ node }: Machine): string {
  return node.slice(1).split('.')[0]!;
}
