import type { ObservableInstrument, Sample } from '../runtime/instrument.interface.js';

/** Maximum number of values of one label: more series would be expensive to store. */
const MAX_VALUES = 20;

/**
 * Returns the samples that are exported for what an instrument has read. The first values of each label are kept, and
 * samples with others are added up under the value `other`.
 *
 * @throws Error if the instrument cannot have such a sample
 */
export function exportableSamples(instrument: ObservableInstrument, read: readonly Sample[]): Sample[] {
  const names = instrument.labels ?? [];
  const kept = new Map(names.map((name) => [name, new Set<string>()]));
  const series = new Map<string, Sample>();
  for (const sample of read) {
    check(sample, instrument);
    const labels = Object.fromEntries(
      names.map((name) => [name, keptOrOther(kept.get(name)!, sample.labels![name]!)]),
    );
    const key = JSON.stringify(labels);
    series.set(key, { value: (series.get(key)?.value ?? 0) + sample.value, labels });
  }
  return [...series.values()];
}

function keptOrOther(kept: Set<string>, value: string): string {
  if (kept.size < MAX_VALUES) kept.add(value);
  return kept.has(value) ? value : 'other';
}

function check({ value, labels = {} }: Sample, { kind, labels: names = [] }: ObservableInstrument): void {
  if (!Number.isFinite(value) || (kind === 'counter' && value < 0))
    throw new Error(`${String(value)} cannot be the value of a ${kind}`);
  const isComplete = names.every((name) => typeof labels[name] === 'string');
  if (!isComplete || Object.keys(labels).length !== names.length)
    throw new Error(
      `a sample has the labels (${Object.keys(labels).join(', ')}), but the instrument (${names.join(', ')})`,
    );
}
