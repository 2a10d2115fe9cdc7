import { BENCH_NAMES } from '../bench-names.js';
import type { Machine } from '../harness/machine.js';
import type { BenchResult } from '../harness/result.interface.js';

/** What one Node came out with. */
export interface Run {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** The results known so far, with those of new runs in the place of the old: a bench can be run by itself. */
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

/** The major version of Node, for example `24`. */
export function majorOf({ node }: Machine): string {
  return node.slice(1).split('.')[0]!;
}
