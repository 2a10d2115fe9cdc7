/**
 * A store in PostgreSQL.
 *
 * @module nestjs-hot-config/stores/postgres
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
export { postgresStore, type PostgresStore } from './postgres.store.js';
export type { PostgresStoreOptions } from './postgres-options.js';
export { postgresSchema } from './postgres-schema.js';
export type { SecretPlace } from '../../connection/secret-place.js';
export type { TlsOptions } from '../../connection/tls-options.js';
