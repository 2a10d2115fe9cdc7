import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
} from 'prom-client';
import type { Registry } from 'prom-client';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { Sample } from '../runtime/instrument.interface.js';

/**
 * A registry of prom-client, for either text format.
 *
 * @publicApi
 */
export type MetricsRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;

export interface MetricConfig {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly registers: MetricsRegistry[];
  readonly buckets?: number[];
}

/**
 * A metric that several apps in one process share, because a registry accepts a name only once. The metric itself knows
 * its apps, so that no state is left when the registry is discarded.
 */
export interface SharedMetric {
  /** The apps that use it, each with a function that reads its samples; a histogram has no samples to read. */
  readonly users: Map<object, () => readonly Sample[]>;
}

/** Shows the app that was created last, of those with the same labels. */
export class SharedGauge extends Gauge implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();

  constructor(config: MetricConfig) {
    super({ ...config, collect: refill });
  }

  /** Replaces all values by the current ones. */
  refill(): void {
    clear(this);
    for (const sample of samplesOf(this)) this.set({ ...sample.labels }, sample.value);
  }
}

/** Adds up apps with the same labels. */
export class SharedCounter extends Counter implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();

  constructor(config: MetricConfig) {
    super({ ...config, collect: refill });
  }

  /** Replaces all values by the current ones. */
  refill(): void {
    clear(this);
    for (const sample of samplesOf(this)) this.inc({ ...sample.labels }, sample.value);
  }
}

/** Adds up apps with the same labels. */
export class SharedHistogram extends Histogram implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();
}

/** Called by prom-client on the metric before it is written. */
function refill(this: Gauge | Counter): void {
  (this as SharedGauge | SharedCounter).refill();
}

/** Removes all series. */
function clear(metric: Gauge | Counter): void {
  metric.reset();
  // A metric without labels starts with the value 0, which nobody has read.
  if ((metric as unknown as NamedLabels).labelNames.length === 0) metric.remove();
}

function samplesOf({ users }: SharedMetric): Sample[] {
  return [...users.values()].flatMap((read) => read());
}

/**
 * Returns the metric that another app has registered under this name, or a new one.
 *
 * @throws ConfigOptionsError if the name belongs to another metric
 */
export function sharedMetric<M extends SharedMetric>(
  registry: MetricsRegistry,
  Metric: new (config: MetricConfig) => M,
  config: Omit<MetricConfig, 'registers'>,
): M {
  const known: unknown = registry.getSingleMetric(config.name);
  if (known === undefined) return new Metric({ ...config, registers: [registry] });
  if (known instanceof Metric && haveSameNames(known, config)) return known;
  throw new ConfigOptionsError(
    `The registry already has another metric "${config.name}". Set another prefix in HotConfigMetricsModule; ` +
      'if the metric belongs to another app in this process, use labels with the same names',
  );
}

/** A metric of prom-client, whose types do not have this member. */
type NamedLabels = Pick<MetricConfig, 'labelNames'>;

function haveSameNames(metric: object, { labelNames }: NamedLabels): boolean {
  const known = (metric as NamedLabels).labelNames;
  return known.length === labelNames.length && labelNames.every((name) => known.includes(name));
}
