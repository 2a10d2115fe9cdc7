import type { Machine } from '../harness/machine.js';
import type { BenchResult } from '../harness/result.interface.js';

/** What one Node came out with. */
export interface Run {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

const ORDER = ['read', 'request', 'latency', 'reload', 'dispatch', 'memory', 'idle', 'rollback'];

/** The results known so far, with those of new runs in the place of the old: a bench can be run by itself. */
export function merged(known: readonly Run[], runs: readonly Run[]): Run[] {
  return runs.map(({ machine, results }) => {
    const before = known.find((run) => majorOf(run.machine) === majorOf(machine))?.results ?? [];
    const kept = before.filter(({ name }) => results.every((result) => result.name !== name));
    const all = [...kept, ...results].toSorted((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
    return { machine, results: all };
  });
}

export function majorOf({ node }: Machine): string {
  return node.split('.')[0]!;
}
