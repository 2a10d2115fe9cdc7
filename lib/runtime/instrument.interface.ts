/** The labels of one series, by name. */
export type Labels = Readonly<Record<string, string>>;

/** The value of one series. */
export interface Sample {
  /** A finite number; of a counter, 0 or more. */
  readonly value: number;
  /** A value for each label of the instrument. */
  readonly labels?: Labels;
}

/**
 * A metric that is read at each collection, and costs nothing in between. Parts outside of the core add theirs to
 * `HotConfigPort.instruments`, under a name as `fleet.members`: see `findInstrumentMistake()`. There is no histogram: a
 * part can count its durations in seconds in a counter.
 */
export interface ObservableInstrument {
  readonly kind: 'counter' | 'gauge';
  /** Description in one sentence. */
  readonly help: string;
  /** The base unit of its values; without one, they are counts. */
  readonly unit?: 'seconds';
  /** The names of its labels. Each has few values: those after the first 20 are added up under the value `other`. */
  readonly labels?: readonly string[];
  /** Returns the present values. Those with the same labels are added up. */
  read(): readonly Sample[];
}
