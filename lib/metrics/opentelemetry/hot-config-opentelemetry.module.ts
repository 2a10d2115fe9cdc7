import { Module } from '@nestjs/common';
import { exporterModule } from '../exporter-module.js';
import { type HotConfigOpenTelemetryOptions, OpenTelemetryBackend } from './opentelemetry.backend.js';

/**
 * Exports the same metrics as `HotConfigMetricsModule` through `@opentelemetry/api`: `hot_config.version`,
 * `hot_config.reload.duration`… Import it beside `HotConfigModule`; the SDK of the app collects and exports them.
 *
 * @example
 * ```ts
 * imports: [HotConfigModule.forRoot({ … }), HotConfigOpenTelemetryModule.forRoot()];
 * ```
 *
 * @publicApi
 */
@Module({})
export class HotConfigOpenTelemetryModule extends exporterModule<HotConfigOpenTelemetryOptions>(
  'HotConfigOpenTelemetryModule',
  (_port, options) => new OpenTelemetryBackend(options),
) {}
