export { HotConfigHealthIndicator, type HotConfigHealthOptions } from './hot-config.health-indicator.js';
export type { ConfigProblem, ConfigProblemKind } from '../hot-config.problems.js';
