import { register } from 'prom-client';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import { HISTOGRAMS, recordDurations } from './durations.js';
import { type Histogram, MetricsInput, type ObservableInstrument, type Sample } from './instrument.js';
import { OBSERVABLE_INSTRUMENTS } from './instruments.js';
import {
  type MetricConfig,
  type MetricsRegistry,
  SharedCounter,
  SharedGauge,
  SharedHistogram,
  type SharedMetric,
  sharedMetric,
} from './shared-metrics.js';

/**
 * Options of `HotConfigMetricsModule`.
 *
 * @publicApi
 */
export interface HotConfigMetricsOptions {
  /** The registry for the metrics. Default: the global registry of prom-client. */
  readonly registry?: MetricsRegistry;
  /** Prefix of the names of all metrics. Default `hot_config`. */
  readonly prefix?: string;
  /**
   * Labels of all metrics, to distinguish several apps in one process that share a registry. Without labels, their
   * counts are added up, and gauges show the app that was created last.
   */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Exports the instruments of one app to a registry of prom-client. */
export class PrometheusExporter {
  readonly #registry: MetricsRegistry;
  readonly #prefix: string;
  readonly #labels: Readonly<Record<string, string>>;
  #ends: (() => void)[] = [];

  constructor({ registry = register, prefix = 'hot_config', labels = {} }: HotConfigMetricsOptions) {
    this.#registry = registry;
    this.#prefix = prefix;
    this.#labels = labels;
  }

  /**
   * Registers the metrics for this app; does nothing if they are registered already.
   *
   * @throws ConfigOptionsError if the registry has other metrics with these names
   */
  open(runtime: HotConfigRuntime): void {
    const input = new MetricsInput(runtime);
    const read = OBSERVABLE_INSTRUMENTS.map((instrument) => ({ instrument, ...this.#metricOf(instrument) }));
    const histograms = new Map(HISTOGRAMS.map((histogram) => [histogram, this.#histogramOf(histogram)]));
    const used: Used[] = [...read, ...histograms.values()];
    if (used.some(({ metric }) => metric.users.has(runtime))) return;
    for (const { instrument, metric } of read)
      metric.users.set(runtime, () => this.#labelled(instrument.read(input)));
    for (const { metric } of histograms.values()) metric.users.set(runtime, () => []);
    const endRecording = recordDurations(runtime, (histogram, seconds, labels) =>
      histograms.get(histogram)?.metric.observe({ ...labels, ...this.#labels }, seconds),
    );
    this.#ends = [endRecording, ...used.map((one) => () => this.#leave(one, runtime))];
  }

  /** Removes the app from its metrics, and metrics without apps from the registry. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #metricOf(instrument: ObservableInstrument): Used<SharedGauge | SharedCounter> {
    const config = this.#configOf(instrument);
    const metric =
      instrument.kind === 'counter'
        ? sharedMetric(this.#registry, SharedCounter, config)
        : sharedMetric(this.#registry, SharedGauge, config);
    return { name: config.name, metric };
  }

  #histogramOf(histogram: Histogram): Used<SharedHistogram> {
    const config = { ...this.#configOf(histogram), buckets: [...histogram.buckets] };
    return { name: config.name, metric: sharedMetric(this.#registry, SharedHistogram, config) };
  }

  #configOf({
    kind,
    name,
    help,
    unit,
    labels = [],
  }: ObservableInstrument | Histogram): Omit<MetricConfig, 'registers'> {
    const parts = [this.#prefix, name.replaceAll('.', '_'), ...(unit ? [unit] : [])];
    if (kind === 'counter') parts.push('total');
    return { name: parts.join('_'), help, labelNames: [...labels, ...Object.keys(this.#labels)] };
  }

  #labelled(samples: readonly Sample[]): readonly Sample[] {
    return samples.map(({ value, labels }) => ({ value, labels: { ...labels, ...this.#labels } }));
  }

  #leave({ name, metric }: Used, runtime: HotConfigRuntime): void {
    metric.users.delete(runtime);
    // The registry may have been cleared, and another app may have registered its own metric since.
    const isRegistered = (this.#registry.getSingleMetric(name) as unknown) === metric;
    if (metric.users.size === 0 && isRegistered) this.#registry.removeSingleMetric(name);
  }
}

/** A metric and its registered name: prom-client changes the name in the metric for OpenMetrics. */
interface Used<M extends SharedMetric = SharedMetric> {
  readonly name: string;
  readonly metric: M;
}
