import { BENCH_NAMES } from '../bench-names.js';
import type { Machine } from '../harness/machine.js';
import type { Target } from '../harness/result.interface.js';
import { majorOf, type MeasuredResult, type Run } from './merge.js';

/** Returns the names of all benches that were measured, in the order of display. */
export function namesOf(runs: readonly Run[]): string[] {
  return BENCH_NAMES.filter((name) => newestOf(name, runs) !== undefined);
}

/** Returns the result of the newest version of Node that has one. */
export function newestOf(name: string, runs: readonly Run[]): MeasuredResult | undefined {
  return runs.flatMap((run) => run.results.filter((result) => result.name === name)).at(-1);
}

/** A target, and its measurement on each version of Node that has one. */
export interface TargetOfRuns {
  /** The name of the bench. */
  readonly name: string;
  readonly text: string;
  /** In the order of the runs. */
  readonly each: readonly (Target | undefined)[];
}

export function targetsOf(runs: readonly Run[]): TargetOfRuns[] {
  const lists = runs.map(({ results }) =>
    results.flatMap(({ name, targets }) => targets.map(({ text }) => ({ name, text }))),
  );
  const known = new Map(mostFirst(lists).map((target) => [`${target.name} ${target.text}`, target]));
  const order = ({ name }: { readonly name: string }) => BENCH_NAMES.indexOf(name);
  return [...known.values()]
    .toSorted((a, b) => order(a) - order(b))
    .map(({ name, text }) => ({
      name,
      text,
      each: runs.map(({ results }) =>
        results.find((result) => result.name === name)?.targets.find((candidate) => candidate.text === text),
      ),
    }));
}

/** Joins lists, the longest first: it has entries that others omit, at their proper position. */
export function mostFirst<T>(lists: readonly (readonly T[])[]): T[] {
  return lists.toSorted((a, b) => b.length - a.length).flat();
}

export function nodeText(machine: Machine): string {
  return `Node ${majorOf(machine)}`;
}
