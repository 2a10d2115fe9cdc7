/**
 * Health of the configuration, for `@nestjs/terminus`.
 *
 * @module nestjs-hot-config/health
 */

export { HotConfigHealthIndicator, type HotConfigHealthOptions } from './hot-config.health-indicator.js';
export type { ConfigProblem, ConfigProblemKind } from '../runtime/config-problem.interface.js';
