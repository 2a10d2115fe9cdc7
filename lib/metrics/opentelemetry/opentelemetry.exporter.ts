import { type Meter, metrics } from '@opentelemetry/api';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { HISTOGRAMS, recordDurations } from '../durations.js';
import { Facts } from '../facts.js';
import type { Histogram, ReadInstrument } from '../instrument.interface.js';
import { READ_INSTRUMENTS } from '../instruments.js';

/**
 * Options of `HotConfigOpenTelemetryModule`.
 *
 * @publicApi
 */
export interface HotConfigOpenTelemetryOptions {
  /**
   * The meter that makes the instruments. Default: one named `nestjs-hot-config` of the global provider, which must be
   * set before the app is made.
   */
  readonly meter?: Meter;
  /** What the names of all instruments begin with. Default `hot_config`. */
  readonly prefix?: string;
  /** Attributes of all measurements: to tell apps apart that run in one process. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Shows one app's instruments through the API of OpenTelemetry. */
export class OpenTelemetryExporter {
  #ends: (() => void)[] = [];

  constructor(private readonly options: HotConfigOpenTelemetryOptions) {}

  /** From now on the meter tells of this app. */
  open(runtime: HotConfigRuntime): void {
    // Not earlier: a provider that is registered after a meter was asked for is never asked.
    const { meter = metrics.getMeter('nestjs-hot-config'), attributes } = this.options;
    const facts = new Facts(runtime);
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
      ...READ_INSTRUMENTS.map((instrument) => this.#observe(meter, instrument, facts)),
      recordDurations(runtime, (histogram, seconds, labels) =>
        histograms.get(histogram)?.record(seconds, { ...labels, ...attributes }),
      ),
    ];
  }

  /** Tells no more of the app. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #observe(meter: Meter, instrument: ReadInstrument, facts: Facts): () => void {
    const name = this.#nameOf(instrument);
    const observable =
      instrument.kind === 'counter'
        ? meter.createObservableCounter(name, describe(instrument))
        : meter.createObservableGauge(name, describe(instrument));
    const callback: Parameters<typeof observable.addCallback>[0] = (result) => {
      for (const { value, labels } of instrument.read(facts))
        result.observe(value, { ...labels, ...this.options.attributes });
    };
    observable.addCallback(callback);
    return () => observable.removeCallback(callback);
  }

  #nameOf({ name }: ReadInstrument | Histogram): string {
    return `${this.options.prefix ?? 'hot_config'}.${name}`;
  }
}

function describe({ help, unit }: ReadInstrument | Histogram): { description: string; unit?: string } {
  return { description: help, ...(unit === 'seconds' && { unit: 's' }) };
}
