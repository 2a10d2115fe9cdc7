/**
 * A store in etcd, through its JSON gateway.
 *
 * @module nestjs-hot-config/stores/etcd
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
export type { SecretPlace } from '../../connection/secret-place.js';
export type { TlsOptions } from '../../connection/tls-options.js';
export type { EtcdStoreOptions } from './etcd-options.js';
export { etcdStore } from './etcd.store.js';
