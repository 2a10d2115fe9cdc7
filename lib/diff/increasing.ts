/**
 * The positions of a longest run of growing values, not necessarily neighbours: what kept its order while the rest moved.
 * In n log n.
 */
export function longestIncreasing(values: readonly number[]): Set<number> {
  /** Where the best run of each length ends. */
  const ends: number[] = [];
  const before = new Int32Array(values.length).fill(-1);
  values.forEach((value, position) => {
    const length = firstNotBelow(ends, value, values);
    if (length > 0) before[position] = ends[length - 1]!;
    ends[length] = position;
  });
  const run = new Set<number>();
  for (let position = ends.at(-1) ?? -1; position >= 0; position = before[position]!) run.add(position);
  return run;
}

function firstNotBelow(ends: readonly number[], value: number, values: readonly number[]): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[ends[middle]!]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
