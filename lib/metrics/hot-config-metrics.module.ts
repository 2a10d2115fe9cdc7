import { Module } from '@nestjs/common';
import { exporterModule } from './exporter-module.js';
import { type HotConfigMetricsOptions, PrometheusBackend } from './prometheus.backend.js';

/**
 * Exports the state of the configuration as metrics of prom-client. Import it beside `HotConfigModule`; the app serves
 * the registry, for example with `@willsoto/nestjs-prometheus` or a controller. The app does not start if the registry
 * has other metrics with these names.
 *
 * The metrics are read at each collection: they do not make reading configuration slower.
 *
 * @example
 * ```ts
 * imports: [HotConfigModule.forRoot({ … }), HotConfigMetricsModule.forRoot()];
 * ```
 *
 * @publicApi
 */
@Module({})
export class HotConfigMetricsModule extends exporterModule<HotConfigMetricsOptions>(
  'HotConfigMetricsModule',
  (port, options) => new PrometheusBackend(port, options),
) {}
