import type { Labels, ObservableInstrument, Sample } from '../runtime/instrument.interface.js';
import type { BuiltInInstrumentName } from '../runtime/instrument-names.js';

/** An instrument that records each duration when it occurs. */
export interface Histogram {
  readonly name: BuiltInInstrumentName;
  /** Description in one sentence. */
  readonly help: string;
  readonly unit: 'seconds';
  /** The names of its labels. Each has few values. */
  readonly labels: readonly string[];
  /** The upper bounds of its buckets, in seconds. */
  readonly buckets: readonly number[];
}

/** Records a duration in seconds. */
export type RecordDuration = (seconds: number, labels: Labels) => void;

/** A metrics library, as the metrics of one app use it. */
export interface MetricsBackend {
  /**
   * Calls `read` at each collection, until the returned function is called. `read` does not throw.
   *
   * @throws ConfigOptionsError if the library has another metric with this name
   */
  observe(name: string, instrument: ObservableInstrument, read: () => readonly Sample[]): () => void;

  /**
   * Registers a histogram.
   *
   * @throws ConfigOptionsError if the library has another metric with this name
   */
  createHistogram(histogram: Histogram): { readonly record: RecordDuration; readonly close: () => void };
}
