/**
 * A store in Redis and Valkey.
 *
 * @module nestjs-hot-config/stores/redis
 */

export * from '../contract/exports.js';
export type { SecretPlace } from '../../connection/secret-place.js';
export type { TlsOptions } from '../../connection/tls-options.js';
export type { RedisStoreOptions } from './redis-options.js';
export { redisStore } from './redis.store.js';
