import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
} from 'prom-client';
import type { Registry } from 'prom-client';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { Sample } from './instrument.interface.js';

/**
 * A registry of prom-client, whichever format it writes.
 *
 * @publicApi
 */
export type MetricsRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;

/** What a metric is made of. */
export interface MetricConfig {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly registers: MetricsRegistry[];
  readonly buckets?: number[];
}

/**
 * A metric that the apps of one process share where they export to one registry, which takes a name only once. Who uses
 * it is noted in it, not in a place of its own: with the registry, it is gone.
 */
export interface SharedMetric {
  /** By the app that uses it: how it is read. A histogram is told, and not read. */
  readonly users: Map<object, () => readonly Sample[]>;
}

/** Apps with the same labels: the one that came last has the word. */
export class SharedGauge extends Gauge implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();

  constructor(config: MetricConfig) {
    super({ ...config, collect: refill });
  }

  /** Takes the values of now in the place of those of the last time. */
  refill(): void {
    this.reset();
    for (const sample of samplesOf(this)) this.set({ ...sample.labels }, sample.value);
  }
}

/** Apps with the same labels are counted together. */
export class SharedCounter extends Counter implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();

  constructor(config: MetricConfig) {
    super({ ...config, collect: refill });
  }

  /** Takes the values of now in the place of those of the last time. */
  refill(): void {
    this.reset();
    for (const sample of samplesOf(this)) this.inc({ ...sample.labels }, sample.value);
  }
}

/** Apps with the same labels are counted together. */
export class SharedHistogram extends Histogram implements SharedMetric {
  readonly users = new Map<object, () => readonly Sample[]>();
}

/** prom-client calls this on the metric, before it writes it. */
function refill(this: Gauge | Counter): void {
  (this as SharedGauge | SharedCounter).refill();
}

function samplesOf({ users }: SharedMetric): Sample[] {
  return [...users.values()].flatMap((read) => read());
}

/**
 * The metric of a name: the one that another app has registered, or a new one.
 *
 * @throws ConfigOptionsError where something else has the name
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
    `The registry has another metric "${config.name}" already: give HotConfigMetricsModule another prefix, ` +
      'or, where that is another app’s in this process, labels of the same names',
  );
}

function haveSameNames(metric: object, { labelNames }: Pick<MetricConfig, 'labelNames'>): boolean {
  const known = (metric as { readonly labelNames: readonly string[] }).labelNames;
  return known.length === labelNames.length && labelNames.every((name) => known.includes(name));
}
