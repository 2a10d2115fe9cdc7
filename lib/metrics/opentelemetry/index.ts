/**
 * Metrics of the configuration, for `@opentelemetry/api`.
 *
 * @module nestjs-hot-config/metrics/opentelemetry
 */

export { HotConfigOpenTelemetryModule } from './hot-config-opentelemetry.module.js';
export type { HotConfigOpenTelemetryOptions } from './opentelemetry.backend.js';
