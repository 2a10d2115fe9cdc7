/**
 * A store in the memory of the process: for tests and examples.
 *
 * @module nestjs-hot-config/stores/memory
 */

export type {
  ConfigStore,
  ListOptions,
  PutOptions,
  PutResult,
  StoreEntry,
  StoreListener,
  StorePage,
  StoreSession,
} from '../contract/config-store.interface.js';
export type { FleetStore } from '../contract/fleet-store.interface.js';
export { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
export { memoryStore, MemoryStore } from './memory.store.js';
