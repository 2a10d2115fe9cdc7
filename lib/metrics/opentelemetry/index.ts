export { HotConfigOpenTelemetryModule } from './hot-config-opentelemetry.module.js';
export type { HotConfigOpenTelemetryOptions } from './opentelemetry.backend.js';
