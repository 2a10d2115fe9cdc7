/**
 * Configuration without files, and changes without waiting for them: for the tests of an app.
 *
 * @module nestjs-hot-config/testing
 */

export type { ConfigPartial } from './config-partial.type.js';
export { memory, MemorySource, type MemoryOptions } from './memory.source.js';
export { overrideConfig, type OverrideConfigOptions } from './override-config.js';
export { settled } from './settled.js';
export {
  fleetStoreChecks,
  storeChecks,
  type StoreCheck,
  type StoreChecksOptions,
  type StoreServer,
} from './store-checks.js';
