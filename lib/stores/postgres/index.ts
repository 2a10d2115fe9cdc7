/**
 * A store in PostgreSQL.
 *
 * @module nestjs-hot-config/stores/postgres
 */

export * from '../contract/exports.js';
export { postgresStore, type PostgresStore } from './postgres.store.js';
export type { PostgresStoreOptions } from './postgres-options.js';
export { postgresSchema } from './postgres-schema.js';
export type { SecretPlace } from '../../connection/secret-place.js';
export type { TlsOptions } from '../../connection/tls-options.js';
