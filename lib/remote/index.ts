/**
 * Configuration that is read over a network: from a web server, and from a store.
 *
 * @module nestjs-hot-config/remote
 */

export type { SecretPlace } from '../connection/secret-place.js';
export type { RemoteSourceOptions } from './remote-source-options.js';
export { http, type HttpOptions } from './http.source.js';
export type { HttpRequestOptions, HttpWait } from './http/http-options.js';
export { stored, type StoredOptions } from './stored.source.js';
export type { TlsOptions } from '../connection/tls-options.js';
export * from '../stores/contract/exports.js';
export type { WatchHandle } from '../watch/file-watch.interface.js';
