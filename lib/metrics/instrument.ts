import type { ReloadCount } from '../logging/reload-counter.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { HotConfigStatus } from '../runtime/status.interface.js';

/** The labels of one series, by name. */
export type Labels = Readonly<Record<string, string>>;

/** The value of one series. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

interface InstrumentBase {
  /** Without prefix, unit and `_total`, which Prometheus and OpenTelemetry write differently; for example `reload.duration`. */
  readonly name: string;
  /** Description in one sentence. */
  readonly help: string;
  /** The base unit of its values; without one, they are counts. */
  readonly unit?: 'seconds';
  /** The names of its labels. Each has few values. */
  readonly labels?: readonly string[];
}

/** An instrument that is read at each collection, and costs nothing in between. */
export interface ObservableInstrument extends InstrumentBase {
  readonly kind: 'counter' | 'gauge';
  read(input: MetricsInput): readonly Sample[];
}

/** An instrument that records each value when it occurs. */
export interface Histogram extends InstrumentBase {
  readonly kind: 'histogram';
  readonly unit: 'seconds';
  /** The upper bounds of its buckets. */
  readonly buckets: readonly number[];
}

export type RecordDuration = (histogram: Histogram, seconds: number, labels: Labels) => void;

/**
 * The state that observable instruments read. One collection reads about 30 instruments in one turn of the event loop:
 * they share one status, so that they are consistent.
 */
export class MetricsInput {
  #status: HotConfigStatus | undefined;

  constructor(private readonly runtime: HotConfigRuntime) {}

  get status(): HotConfigStatus {
    if (this.#status === undefined) {
      this.#status = this.runtime.status();
      queueMicrotask(() => (this.#status = undefined));
    }
    return this.#status;
  }

  get reloads(): readonly ReloadCount[] {
    return this.runtime.reloadLog.counter.countsByCause;
  }
}
