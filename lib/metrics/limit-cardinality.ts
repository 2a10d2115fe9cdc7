import type { Sample } from './instrument.js';

/** Maximum number of values of one label. */
const MAX_VALUES = 20;

/** Keeps the first samples, and adds up the others under the value `other`: more series would be expensive to store. */
export function limitCardinality(
  label: string,
  samples: readonly (readonly [value: string, count: number])[],
): Sample[] {
  const kept = samples
    .slice(0, MAX_VALUES)
    .map(([value, count]) => ({ value: count, labels: { [label]: value } }));
  const rest = samples.slice(MAX_VALUES).reduce((sum, [, count]) => sum + count, 0);
  return rest > 0 ? [...kept, { value: rest, labels: { [label]: 'other' } }] : kept;
}
