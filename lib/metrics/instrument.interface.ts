import type { Facts } from './facts.js';

/** The labels of one series, by their names. */
export type Labels = Readonly<Record<string, string>>;

/** What an instrument says when it is asked: a value for each set of labels. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/** What every instrument tells of itself. */
interface InstrumentBase {
  /** Without prefix, unit and `_total`, which each system of metrics writes in its own way; for example `reload.duration`. */
  readonly name: string;
  /** One sentence for people. */
  readonly help: string;
  /** The base unit of its values; without one, they are counts. */
  readonly unit?: 'seconds';
  /** The names of its labels. Each has few values. */
  readonly labels?: readonly string[];
}

/** An instrument that is read when somebody collects, and costs nothing in between. */
export interface ReadInstrument extends InstrumentBase {
  readonly kind: 'counter' | 'gauge';
  read(facts: Facts): readonly Sample[];
}

/** An instrument that is told each value. */
export interface Histogram extends InstrumentBase {
  readonly kind: 'histogram';
  readonly unit: 'seconds';
  /** The upper bounds of its buckets. */
  readonly buckets: readonly number[];
}

/** How an exporter is told a value of a histogram, in seconds. */
export type RecordDuration = (histogram: Histogram, seconds: number, labels: Labels) => void;
