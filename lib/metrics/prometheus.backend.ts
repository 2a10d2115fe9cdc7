import { register } from 'prom-client';
import type { Labels, ObservableInstrument, Sample } from '../runtime/instrument.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import type { Histogram, MetricsBackend } from './metrics-backend.interface.js';
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

/** Exports the metrics of one app to a registry of prom-client. */
export class PrometheusBackend implements MetricsBackend {
  readonly #app: HotConfigPort;
  readonly #registry: MetricsRegistry;
  readonly #prefix: string;
  readonly #labels: Labels;

  constructor(
    app: HotConfigPort,
    { registry = register, prefix = 'hot_config', labels = {} }: HotConfigMetricsOptions,
  ) {
    this.#app = app;
    this.#registry = registry;
    this.#prefix = prefix;
    this.#labels = labels;
  }

  observe(name: string, instrument: ObservableInstrument, read: () => readonly Sample[]): () => void {
    const { kind } = instrument;
    const config = this.#configOf(name, instrument, kind === 'counter' ? 'total' : undefined);
    const metric: SharedMetric =
      kind === 'counter'
        ? sharedMetric(this.#registry, SharedCounter, config)
        : sharedMetric(this.#registry, SharedGauge, config);
    return this.#join(config.name, metric, () => this.#labelled(read())) ?? (() => undefined);
  }

  createHistogram(histogram: Histogram): ReturnType<MetricsBackend['createHistogram']> {
    const config = { ...this.#configOf(histogram.name, histogram), buckets: [...histogram.buckets] };
    const metric = sharedMetric(this.#registry, SharedHistogram, config);
    const close = this.#join(config.name, metric, () => []);
    // Another module records the durations of the app already.
    if (close === undefined) return { record: () => undefined, close: () => undefined };
    return { record: (seconds, labels) => metric.observe({ ...labels, ...this.#labels }, seconds), close };
  }

  #configOf(
    name: string,
    { help, unit, labels = [] }: Pick<ObservableInstrument, 'help' | 'unit' | 'labels'>,
    suffix?: 'total',
  ): Omit<MetricConfig, 'registers'> {
    const parts = [this.#prefix, name.replaceAll('.', '_'), unit, suffix];
    return {
      name: parts.filter((part) => part !== undefined).join('_'),
      help,
      labelNames: [...labels, ...Object.keys(this.#labels)],
    };
  }

  #labelled(samples: readonly Sample[]): readonly Sample[] {
    return samples.map(({ value, labels }) => ({ value, labels: { ...labels, ...this.#labels } }));
  }

  /**
   * Adds the app to a metric, and returns a function that removes it. Returns undefined if another module has added the
   * app to the metric.
   *
   * @param name the registered name: prom-client changes the name in the metric for OpenMetrics
   */
  #join(name: string, metric: SharedMetric, read: () => readonly Sample[]): (() => void) | undefined {
    if (metric.users.has(this.#app)) return undefined;
    metric.users.set(this.#app, read);
    return () => {
      metric.users.delete(this.#app);
      // The registry may have been cleared, and another app may have registered its own metric since.
      const isRegistered = (this.#registry.getSingleMetric(name) as unknown) === metric;
      if (metric.users.size === 0 && isRegistered) this.#registry.removeSingleMetric(name);
    };
  }
}
