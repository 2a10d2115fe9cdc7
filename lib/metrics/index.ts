/**
 * Metrics of the configuration, for `prom-client`.
 *
 * @module nestjs-hot-config/metrics
 */

export { HotConfigMetricsModule } from './hot-config-metrics.module.js';
export type { HotConfigMetricsOptions } from './prometheus.backend.js';
export type { MetricsModuleClass } from './exporter-module.js';
export type { MetricsRegistry } from './shared-metrics.js';
