/** What each entry of a store exports, beside its own function. */
export type {
  ConfigStore,
  ListOptions,
  PutOptions,
  PutResult,
  StoreEntry,
  StoreListener,
  StorePage,
  StoreSession,
} from './config-store.interface.js';
export type { FleetStore } from './fleet-store.interface.js';
export { ConfigStoreError, type ConfigStoreFailure } from './config-store.error.js';
