/**
 * A store in etcd, through its JSON gateway.
 *
 * @module nestjs-hot-config/stores/etcd
 */

export * from '../contract/exports.js';
export type { SecretPlace } from '../../connection/secret-place.js';
export type { TlsOptions } from '../../connection/tls-options.js';
export type { EtcdStoreOptions } from './etcd-options.js';
export { etcdStore } from './etcd.store.js';
