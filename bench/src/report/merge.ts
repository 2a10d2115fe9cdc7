import { BENCH_NAMES } from '../bench-names.js';
import type { Machine } from '../harness/machine.js';
import type { BenchResult } from '../harness/result.interface.js';

/** The results of one version of Node. */
export interface Run {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Replaces known results by those of new runs, so that one bench can be run alone. */
export function merged(known: readonly Run[], runs: readonly Run[]): Run[] {
  return runs.map(({ machine, results }) => {
    const before = known.find((run) => majorOf(run.machine) === majorOf(machine))?.results ?? [];
    const kept = before.filter(({ name }) => results.every((result) => result.name !== name));
    const all = [...kept, ...results].toSorted(
      (a, b) => BENCH_NAMES.indexOf(a.name) - BENCH_NAMES.indexOf(b.name),
    );
    return { machine, results: all };
  });
}

/** Returns the major version of Node, for example `24`. */
export function majorOf({ node }: Machine): string {
  return node.slice(1).split('.')[0]!;
}
