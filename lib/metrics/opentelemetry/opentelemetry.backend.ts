import { type Meter, metrics } from '@opentelemetry/api';
import type { ObservableInstrument, Sample } from '../../runtime/instrument.interface.js';
import type { Histogram, MetricsBackend } from '../metrics-backend.interface.js';

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

/** Exports the metrics of one app through the API of OpenTelemetry. */
export class OpenTelemetryBackend implements MetricsBackend {
  readonly #meter: Meter;
  readonly #prefix: string;
  readonly #attributes: Readonly<Record<string, string>>;

  /** Created when the app is: a meter ignores providers that are set after its creation. */
  constructor({
    meter = metrics.getMeter('nestjs-hot-config'),
    prefix = 'hot_config',
    attributes = {},
  }: HotConfigOpenTelemetryOptions) {
    this.#meter = meter;
    this.#prefix = prefix;
    this.#attributes = attributes;
  }

  observe(name: string, instrument: ObservableInstrument, read: () => readonly Sample[]): () => void {
    const fullName = `${this.#prefix}.${name}`;
    const observable =
      instrument.kind === 'counter'
        ? this.#meter.createObservableCounter(fullName, describe(instrument))
        : this.#meter.createObservableGauge(fullName, describe(instrument));
    const callback: Parameters<typeof observable.addCallback>[0] = (result) => {
      for (const { value, labels } of read()) result.observe(value, { ...labels, ...this.#attributes });
    };
    observable.addCallback(callback);
    return () => observable.removeCallback(callback);
  }

  createHistogram(histogram: Histogram): ReturnType<MetricsBackend['createHistogram']> {
    const recorder = this.#meter.createHistogram(`${this.#prefix}.${histogram.name}`, {
      ...describe(histogram),
      advice: { explicitBucketBoundaries: [...histogram.buckets] },
    });
    return {
      record: (seconds, labels) => recorder.record(seconds, { ...labels, ...this.#attributes }),
      close: () => undefined,
    };
  }
}

function describe({ help, unit }: Pick<ObservableInstrument, 'help' | 'unit'>): {
  description: string;
  unit?: string;
} {
  return { description: help, ...(unit === 'seconds' && { unit: 's' }) };
}
