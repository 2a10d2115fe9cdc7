import { type Meter, metrics } from '@opentelemetry/api';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { HISTOGRAMS, recordDurations } from '../durations.js';
import { type Histogram, MetricsInput, type ObservableInstrument } from '../instrument.js';
import { OBSERVABLE_INSTRUMENTS } from '../instruments.js';

/**
 * Options of `HotConfigOpenTelemetryModule`.
 *
 * @publicApi
 */
export interface HotConfigOpenTelemetryOptions {
  /**
   * The meter that creates the instruments. Default: the meter `nestjs-hot-config` of the global provider, which must be
   * set before the app is created.
   */
  readonly meter?: Meter;
  /** Prefix of the names of all instruments. Default `hot_config`. */
  readonly prefix?: string;
  /** Attributes of all measurements, for example to distinguish several apps in one process. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Exports the instruments of one app through the API of OpenTelemetry. */
export class OpenTelemetryExporter {
  #ends: (() => void)[] = [];

  constructor(private readonly options: HotConfigOpenTelemetryOptions) {}

  /** Registers the instruments for this app. */
  open(runtime: HotConfigRuntime): void {
    // Not earlier: a meter ignores providers that are set after its creation.
    const { meter = metrics.getMeter('nestjs-hot-config'), attributes } = this.options;
    const input = new MetricsInput(runtime);
    const histograms = new Map(
      HISTOGRAMS.map((histogram) => [
        histogram,
        meter.createHistogram(this.#nameOf(histogram), {
          ...describe(histogram),
          advice: { explicitBucketBoundaries: [...histogram.buckets] },
        }),
      ]),
    );
    this.#ends = [
      ...OBSERVABLE_INSTRUMENTS.map((instrument) => this.#observe(meter, instrument, input)),
      recordDurations(runtime, (histogram, seconds, labels) =>
        histograms.get(histogram)?.record(seconds, { ...labels, ...attributes }),
      ),
    ];
  }

  /** Removes the instruments of the app. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #observe(meter: Meter, instrument: ObservableInstrument, input: MetricsInput): () => void {
    const name = this.#nameOf(instrument);
    const observable =
      instrument.kind === 'counter'
        ? meter.createObservableCounter(name, describe(instrument))
        : meter.createObservableGauge(name, describe(instrument));
    const callback: Parameters<typeof observable.addCallback>[0] = (result) => {
      for (const { value, labels } of instrument.read(input))
        result.observe(value, { ...labels, ...this.options.attributes });
    };
    observable.addCallback(callback);
    return () => observable.removeCallback(callback);
  }

  #nameOf({ name }: ObservableInstrument | Histogram): string {
    return `${this.options.prefix ?? 'hot_config'}.${name}`;
  }
}

function describe({ help, unit }: ObservableInstrument | Histogram): { description: string; unit?: string } {
  return { description: help, ...(unit === 'seconds' && { unit: 's' }) };
}
