export { HotConfigMetricsModule } from './hot-config-metrics.module.js';
export type { HotConfigMetricsOptions } from './prometheus.exporter.js';
export type { MetricsRegistry } from './shared-metrics.js';
