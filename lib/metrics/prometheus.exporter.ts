import { register } from 'prom-client';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import { HISTOGRAMS, recordDurations } from './durations.js';
import { Facts } from './facts.js';
import type { Histogram, ReadInstrument, Sample } from './instrument.interface.js';
import { READ_INSTRUMENTS } from './instruments.js';
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
  /** The registry of prom-client that gets the metrics. Default: prom-client's own, which most apps use. */
  readonly registry?: MetricsRegistry;
  /** What the names of all metrics begin with. Default `hot_config`. */
  readonly prefix?: string;
  /**
   * Labels of all metrics: to tell apps apart that run in one process and export to one registry. Without any, their
   * counts are added up, and gauges show the app that came last.
   */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Shows one app's instruments on a registry of prom-client. */
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
   * From now on the registry tells of this app; once, however often it is asked for.
   *
   * @throws ConfigOptionsError where the registry has other metrics of these names
   */
  open(runtime: HotConfigRuntime): void {
    const facts = new Facts(runtime);
    const read = READ_INSTRUMENTS.map((instrument) => ({ instrument, ...this.#metricOf(instrument) }));
    const histograms = new Map(HISTOGRAMS.map((histogram) => [histogram, this.#histogramOf(histogram)]));
    const used: Used[] = [...read, ...histograms.values()];
    if (used.some(({ metric }) => metric.users.has(runtime))) return;
    for (const { instrument, metric } of read)
      metric.users.set(runtime, () => this.#labelled(instrument.read(facts)));
    for (const { metric } of histograms.values()) metric.users.set(runtime, () => []);
    const endRecording = recordDurations(runtime, (histogram, seconds, labels) =>
      histograms.get(histogram)?.metric.observe({ ...labels, ...this.#labels }, seconds),
    );
    this.#ends = [endRecording, ...used.map((one) => () => this.#leave(one, runtime))];
  }

  /** Tells no more of the app, and leaves no metric behind that nobody else uses. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #metricOf(instrument: ReadInstrument): Used<SharedGauge | SharedCounter> {
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
  }: ReadInstrument | Histogram): Omit<MetricConfig, 'registers'> {
    const parts = [this.#prefix, name.replaceAll('.', '_'), ...(unit ? [unit] : [])];
    if (kind === 'counter') parts.push('total');
    return { name: parts.join('_'), help, labelNames: [...labels, ...Object.keys(this.#labels)] };
  }

  #labelled(samples: readonly Sample[]): readonly Sample[] {
    return samples.map(({ value, labels }) => ({ value, labels: { ...labels, ...this.#labels } }));
  }

  #leave({ name, metric }: Used, runtime: HotConfigRuntime): void {
    metric.users.delete(runtime);
    // The registry may have been cleared, and another app may have registered a metric of its own since.
    const isRegistered = (this.#registry.getSingleMetric(name) as unknown) === metric;
    if (metric.users.size === 0 && isRegistered) this.#registry.removeSingleMetric(name);
  }
}

/** A metric, and the name it was registered under: prom-client changes the metric's own for OpenMetrics. */
interface Used<M extends SharedMetric = SharedMetric> {
  readonly name: string;
  readonly metric: M;
}
