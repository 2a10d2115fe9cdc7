import type { Sample } from './instrument.interface.js';

/** How many values of one label are told apart. */
const MOST = 20;

/** The first samples as they are, and the rest as one: however many values a label has, its series stay few. */
export function limitCardinality(
  label: string,
  samples: readonly (readonly [value: string, count: number])[],
): Sample[] {
  const apart = samples
    .slice(0, MOST)
    .map(([value, count]) => ({ value: count, labels: { [label]: value } }));
  const rest = samples.slice(MOST).reduce((sum, [, count]) => sum + count, 0);
  return rest > 0 ? [...apart, { value: rest, labels: { [label]: 'other' } }] : apart;
}
